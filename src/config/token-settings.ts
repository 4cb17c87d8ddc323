import { ROLES } from '../access/identity.js';
import type { TokenSettings } from '../access/token-verifier.js';

const PUBLIC_KEY_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];
const SECRET_ALGORITHMS = ['HS256', 'HS384', 'HS512'];
const KEYS = ['JWT_JWKS_URL', 'JWT_SECRET', 'JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_ALGORITHMS', 'JWT_ROLES'] as const;

/** Reads the `JWT_…` settings; null where none is given. @param problems gets what is wrong, never a value */
export function parseTokenSettings(text: (key: string) => string | null, problems: string[]): TokenSettings | null {
  if (KEYS.every((key) => text(key) === null)) return null;
  const issuer = text('JWT_ISSUER');
  const audience = text('JWT_AUDIENCE');
  const jwksUrl = text('JWT_JWKS_URL');
  const secret = text('JWT_SECRET');
  if (issuer === null) problems.push('JWT_ISSUER is needed to read tokens: the “iss” that they must have');
  if (audience === null) problems.push('JWT_AUDIENCE is needed to read tokens: the “aud” that they must have');
  if ((jwksUrl === null) === (secret === null)) problems.push('set one of JWT_JWKS_URL and JWT_SECRET');
  if (jwksUrl !== null && !isSafe(jwksUrl))
    problems.push('JWT_JWKS_URL must be an https:// URL (http:// on this machine only)');
  if (secret !== null && Buffer.byteLength(secret) < 32) problems.push('JWT_SECRET must have at least 32 bytes');
  // A public key must never be taken for a shared secret, so that the two kinds do not mix.
  const allowed = secret === null ? PUBLIC_KEY_ALGORITHMS : SECRET_ALGORITHMS;
  const algorithms = list(text('JWT_ALGORITHMS') ?? (secret === null ? 'RS256,PS256,ES256,EdDSA' : 'HS256'));
  if (algorithms.length === 0 || algorithms.some((name) => !allowed.includes(name)))
    problems.push(`JWT_ALGORITHMS must be some of ${allowed.join(', ')}`);
  const roles = Object.fromEntries(
    list(text('JWT_ROLES') ?? '').map((pair) => pair.split('=').map((part) => part.trim())),
  );
  if (Object.values(roles).some((role) => !(ROLES as readonly unknown[]).includes(role)))
    problems.push(`JWT_ROLES must be pairs such as marketing=marketing_manager, with the roles ${ROLES.join(', ')}`);
  return Object.freeze({
    issuer: issuer ?? '',
    audience: audience ?? '',
    keys: secret === null ? { jwksUrl: jwksUrl ?? '' } : { secret },
    algorithms,
    organizationClaim: text('JWT_ORGANIZATION_CLAIM') ?? 'org',
    roleClaim: text('JWT_ROLE_CLAIM') ?? 'role',
    emailClaim: text('JWT_EMAIL_CLAIM') ?? 'email',
    roles,
  });
}

const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function isSafe(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname));
}
