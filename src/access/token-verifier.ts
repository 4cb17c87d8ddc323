import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';

/** Which identity provider's tokens are believed, and where they say who someone is. */
export interface TokenSettings {
  readonly issuer: string;
  readonly audience: string;
  /** Where the provider's public keys are; or the secret shared with it. */
  readonly keys: { readonly jwksUrl: string } | { readonly secret: string };
  /** Names of RFC 7518; a token signed in another way is refused. */
  readonly algorithms: readonly string[];
  readonly organizationClaim: string;
  readonly roleClaim: string;
  readonly emailClaim: string;
  /** The provider's word for a role → ours; empty where memberships alone decide. */
  readonly roles: Readonly<Record<string, string>>;
}

/** What a token says, once it is proven. */
export interface TokenClaims {
  /** Slug or id. */
  readonly organization: string;
  readonly email: string;
  readonly name: string | null;
  /** The provider's words, most important first. */
  readonly roles: readonly string[];
}

/** A token that is refused, with what to say about it; never which check it failed to whoever guesses. */
export class TokenRefused extends Error {}

/** How long an unknown key id is not asked for again, in milliseconds; a stranger's tokens must not flood the provider. */
const COOLDOWN_MS = 10_000;
const CLOCK_TOLERANCE_SECONDS = 30;
/** The provider did not answer in time, answered with an error, or with what are no keys: that says nothing of a token. */
const PROVIDERS_FAULT: readonly string[] = [errors.JWKSTimeout.code, errors.JWKSInvalid.code, errors.JOSEError.code];

/** Proves tokens of one identity provider. Its keys are fetched when first needed, and again when an unknown one signs. */
export class TokenVerifier {
  private readonly key: Uint8Array | JWTVerifyGetKey;

  constructor(
    private readonly settings: TokenSettings,
    cooldownMs = COOLDOWN_MS,
  ) {
    const { keys } = settings;
    this.key =
      'secret' in keys
        ? new TextEncoder().encode(keys.secret)
        : createRemoteJWKSet(new URL(keys.jwksUrl), {
            timeoutDuration: 5_000,
            cooldownDuration: cooldownMs,
            cacheMaxAge: 600_000,
          });
  }

  /** @throws TokenRefused; any other error when the provider's keys can't be had */
  async verify(token: string): Promise<TokenClaims> {
    const { issuer, audience, algorithms } = this.settings;
    const options = {
      issuer,
      audience,
      algorithms: [...algorithms],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp'],
    };
    try {
      const { payload } =
        this.key instanceof Uint8Array
          ? await jwtVerify(token, this.key, options)
          : await jwtVerify(token, this.key, options);
      return this.read(payload);
    } catch (error) {
      if (!(error instanceof errors.JOSEError) || PROVIDERS_FAULT.includes(error.code)) throw error;
      if (error instanceof errors.JWTExpired) throw new TokenRefused('The token has expired; sign in again.');
      throw new TokenRefused('The token is not valid here.');
    }
  }

  private read(payload: JWTPayload): TokenClaims {
    const { organizationClaim, roleClaim, emailClaim } = this.settings;
    const organization = claim(payload, organizationClaim);
    const email = claim(payload, emailClaim);
    if (typeof organization !== 'string' || organization === '')
      throw new TokenRefused(`The token names no organisation in “${organizationClaim}”.`);
    if (typeof email !== 'string' || !email.includes('@'))
      throw new TokenRefused(`The token names no e-mail address in “${emailClaim}”.`);
    if (payload.email_verified === false) throw new TokenRefused('The e-mail address of the token is not verified.');
    const roles = [claim(payload, roleClaim) ?? []].flat();
    const name = payload.name;
    return {
      organization,
      email,
      name: typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, 200) : null,
      roles: roles.filter((role) => typeof role === 'string'),
    };
  }
}

/** By its own name, or else by a path of names with dots. A name may hold dots itself, as a URL does. */
function claim(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  let value: unknown = payload;
  for (const step of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
