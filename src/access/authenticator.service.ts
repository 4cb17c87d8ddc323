import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Problem } from '../common/problem.js';
import { newId } from '../common/uuid.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { GuessThrottle, type Shown } from '../limits/guess-throttle.service.js';
import { RequestLimits } from '../limits/request-limits.service.js';
import { ApiKeyService, keyIdOf } from './api-key.service.js';
import { Identities } from './identities.service.js';
import type { Door, Identity, RequestWithIdentity, Role } from './identity.js';
import { acrossOrganizations, enterOrganization } from './tenancy/scope.js';
import { TokenRefused, TokenVerifier, type TokenClaims } from './token-verifier.js';

/** Three parts of base64url: a signed token. An API key has no dots. */
const TOKEN = /^Bearer +([\w-]+\.[\w-]+\.[\w-]*)$/i;

const ROLE_ORDER: readonly Role[] = [
  'organization_admin',
  'marketing_manager',
  'analyst',
  'campaign_manager',
  'viewer',
];

/** Finds out who asks: by an API key, or by a token of the identity provider that the installation trusts. */
@Injectable()
export class Authenticator {
  private readonly tokens: TokenVerifier | null;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly keys: ApiKeyService,
    private readonly identities: Identities,
    private readonly guesses: GuessThrottle,
    private readonly requests: RequestLimits,
  ) {
    this.tokens = config.tokens ? new TokenVerifier(config.tokens) : null;
  }

  /**
   * Who sends the request; from now on it sees this organisation's rows only.
   * @throws Problem 401; 429 when too many requests came from whoever asks, or too many wrong keys from the address
   */
  async identify(request: RequestWithIdentity, door: Door = 'rest'): Promise<Identity> {
    // Of its own for each request, which the audit trail goes by.
    request.identity ??= { ...(await this.admit(request)), door };
    enterOrganization(request.identity.organizationId);
    return request.identity;
  }

  private admit(request: RequestWithIdentity): Promise<Identity> {
    const { authorization } = request.headers;
    const shown = (): Shown => ({ address: request.ip, keyId: keyIdOf(authorization) });
    this.guesses.refuseShutOut(shown);
    return this.authenticate(authorization).then(
      (identity) => this.requests.counted(identity),
      async (refusal: unknown) => {
        const isGuess = authorization !== undefined && refusal instanceof Problem && refusal.status === 401;
        if (isGuess) await this.guesses.wrong(shown());
        throw refusal;
      },
    );
  }

  /** @param authorization the header. @throws Problem 401, without saying which part of a key was wrong */
  authenticate(authorization: string | undefined): Promise<Identity> {
    if (this.tokens !== null) {
      const token = TOKEN.exec(authorization ?? '')?.[1];
      if (token !== undefined) return this.ofSignedToken(this.tokens, token);
    }
    return this.keys.authenticate(authorization);
  }

  private async ofSignedToken(tokens: TokenVerifier, token: string): Promise<Identity> {
    try {
      return await this.ofToken(await tokens.verify(token));
    } catch (error) {
      if (error instanceof Problem) throw error;
      if (error instanceof TokenRefused) throw new Problem(401, 'unauthenticated', error.message);
      throw new Problem(
        503,
        'identity_provider_unreachable',
        'The identity provider’s keys can’t be read; try again.',
        [],
        {
          'retry-after': '10',
        },
      );
    }
  }

  /**
   * The membership decides. Where the provider is told to give roles (`JWT_ROLES`), the membership's role follows what the
   * token says, and who has none yet gets one; what else narrows a membership stays.
   */
  private async ofToken(claims: TokenClaims): Promise<Identity> {
    const { organization, email } = claims;
    const known = await this.identities.ofEmail(organization, email);
    const role = this.roleOf(claims);
    if (known && (role === null || role === known.role || known.restrictions?.customRole != null)) return known;
    if (role !== null) {
      await acrossOrganizations('the identity provider gives a role', () => this.record(claims, role));
      const recorded = await this.identities.ofEmail(organization, email);
      if (recorded) return recorded;
    }
    throw new Problem(
      401,
      'unauthenticated',
      `${email} does not belong to an organisation “${organization}” here. Its administrator can add you: POST /api/users.`,
    );
  }

  /** The most that the provider's words give. */
  private roleOf({ roles }: TokenClaims): Role | null {
    const mapped = roles.map((role) => this.config.tokens?.roles[role]);
    return ROLE_ORDER.find((role) => mapped.includes(role)) ?? null;
  }

  private async record({ organization, email, name }: TokenClaims, role: Role): Promise<void> {
    await this.database.transaction(async (manager) => {
      const found = await manager.query<{ id: string }[]>(
        'SELECT id FROM organizations WHERE id::text = lower($1) OR slug = $1',
        [organization],
      );
      const id = found[0]?.id;
      if (id === undefined) return;
      await manager.query(
        `INSERT INTO users (id, email, display_name) VALUES ($1, $2, $3) ON CONFLICT (lower(email)) DO NOTHING`,
        [newId(), email, name ?? email],
      );
      await manager.query(
        `INSERT INTO memberships (organization_id, user_id, role)
         SELECT $1, id, $3 FROM users WHERE lower(email) = lower($2)
         ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role WHERE memberships.custom_role_id IS NULL`,
        [id, email, role],
      );
    });
  }
}
