import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { customAlphabet } from 'nanoid';
import { DataSource, type EntityManager } from 'typeorm';
import { CoalescedRead } from '../cache/coalesced-read.js';
import { KEYS, readKeyed } from '../common/keyed-read.js';
import { Problem } from '../common/problem.js';
import { newId } from '../common/uuid.js';
import { API_KEY_FORM } from '../config/config.js';
import { scramVerifier, writeVerifier } from '../pgwire/scram.js';
import { ApiKey } from './api-key.entity.js';
import { identityOf, selectIdentities, type IdentityRow } from './identity-row.js';
import type { Identity, Role } from './identity.js';
import { KeyUsage } from './key-usage.service.js';
import type { Action } from './permissions.js';
import { acrossOrganizations } from './tenancy/scope.js';

const newPublicId = customAlphabet('0123456789abcdefghijklmnopqrstuvwxyz', 12);
const hashSecret = (secret: string): string => hash('sha256', secret);

export interface NewKey {
  readonly organizationId: string;
  readonly userId: string | null;
  readonly name: string;
  readonly role: Role;
  /** What the key is narrowed to; null or absent for all that the role may do. */
  readonly scopes?: readonly Action[] | null;
  readonly customRoleId?: string | null;
  readonly campaigns?: readonly string[];
  readonly createdBy?: string | null;
  readonly expiresAt?: Date | null;
  /** A key chosen by the operator, in the form `trb_<id>_<secret>`; a random one otherwise. */
  readonly key?: string;
}

interface KeyRow
  extends
    IdentityRow,
    Pick<ApiKey, 'public_id' | 'secret_hash' | 'scram_verifier' | 'scopes' | 'expires_at' | 'revoked_at'> {}

/** A key with whom it stands for: the same for all who share a read. */
interface KnownKey extends Pick<KeyRow, 'public_id' | 'scram_verifier' | 'expires_at' | 'revoked_at'> {
  readonly secretHash: Buffer;
  readonly identity: Identity;
}

const knownKey = (row: KeyRow): KnownKey => ({
  ...row,
  secretHash: Buffer.from(row.secret_hash, 'hex'),
  identity: identityOf(row, row.public_id, row.scopes),
});

/** A person's key stands for the membership, and for nobody once that is gone. */
const FIND_KEYS = {
  name: 'api_keys_by_public_id',
  text: selectIdentities(
    `SELECT key.public_id, key.secret_hash, key.scram_verifier, key.scopes, key.expires_at, key.revoked_at, key.organization_id, key.user_id,
       CASE WHEN key.user_id IS NULL THEN key.role ELSE membership.role END AS role,
       CASE WHEN key.user_id IS NULL THEN key.custom_role_id ELSE membership.custom_role_id END AS custom_role_id,
       CASE WHEN key.user_id IS NULL THEN key.campaigns ELSE membership.campaigns END AS campaigns,
       coalesce(membership.rows, '[]') AS rows
     FROM api_keys AS key LEFT JOIN memberships AS membership
       ON membership.organization_id = key.organization_id AND membership.user_id = key.user_id
     WHERE key.public_id IN (${KEYS}) AND (key.user_id IS NULL OR membership.user_id IS NOT NULL)`,
    'asker.public_id, asker.secret_hash, asker.scram_verifier, asker.scopes, asker.expires_at, asker.revoked_at,',
  ),
};

const SCHEME = 'bearer ';

/** The id and the secret in a header `Bearer trb_<id>_<secret>`, if it has this form. */
const partsOf = (authorization = ''): RegExpExecArray | null =>
  authorization.slice(0, SCHEME.length).toLowerCase() === SCHEME
    ? API_KEY_FORM.exec(authorization.slice(SCHEME.length).trimStart())
    : null;

/** The `<id>` of the key in a header, whether there is such a key or not; null where it has not the form of one. */
export const keyIdOf = (authorization: string | undefined): string | null => partsOf(authorization)?.[1] ?? null;

export const refused = (): Problem =>
  new Problem(401, 'unauthenticated', 'Send a valid API key: Authorization: Bearer trb_<id>_<secret>.');

/** Makes API keys and finds out who a key belongs to. */
@Injectable()
export class ApiKeyService {
  /** Read anew for each request, so that a revoked key is refused at once. */
  private readonly keys = new CoalescedRead<KnownKey>(async (publicIds) => {
    const rows = await acrossOrganizations('finding out who asks', () =>
      readKeyed<KeyRow>(this.database, FIND_KEYS, publicIds),
    );
    return new Map(rows.map((row) => [row.public_id, knownKey(row)]));
  });

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly usage: KeyUsage,
  ) {}

  /** @returns the whole key, which can't be read again */
  async create(wanted: NewKey, manager: EntityManager = this.database.manager): Promise<string> {
    return (await this.insert(wanted, manager)).key;
  }

  /** The same, with the id of its row. */
  async insert(wanted: NewKey, manager: EntityManager): Promise<{ readonly id: string; readonly key: string }> {
    const key = wanted.key ?? `trb_${newPublicId()}_${randomBytes(24).toString('base64url')}`;
    const [, publicId = '', secret = ''] = API_KEY_FORM.exec(key) ?? [];
    const id = newId();
    await manager.insert(ApiKey, {
      id,
      organization_id: wanted.organizationId,
      user_id: wanted.userId,
      name: wanted.name,
      public_id: publicId,
      secret_hash: hashSecret(secret),
      scram_verifier: writeVerifier(scramVerifier(secret)),
      role: wanted.role,
      scopes: wanted.scopes == null ? null : [...wanted.scopes],
      custom_role_id: wanted.customRoleId ?? null,
      campaigns: [...(wanted.campaigns ?? [])],
      created_by: wanted.createdBy ?? null,
      expires_at: wanted.expiresAt ?? null,
      revoked_at: null,
      last_used_at: null,
      replaced_by: null,
    });
    return { id, key };
  }

  /**
   * @param authorization the header, `Bearer trb_<id>_<secret>`
   * @throws Problem 401 without saying which part was wrong
   */
  async authenticate(authorization: string | undefined): Promise<Identity> {
    const [, publicId, secret] = partsOf(authorization) ?? [];
    if (!publicId || !secret) throw refused();
    const key = await this.keys.read(publicId);
    if (!key || !timingSafeEqual(hash('sha256', secret, 'buffer'), key.secretHash)) throw refused();
    return this.identity(key);
  }

  /** What the SQL API checks a secret by: undefined for no such key, null for one without a verifier. */
  async verifierOf(publicId: string): Promise<string | null | undefined> {
    return (await this.keys.read(publicId))?.scram_verifier;
  }

  /** Whom a key stands for now, after its secret was proven. @throws Problem 401 when it no longer does for anybody */
  async identityOfKey(publicId: string): Promise<Identity> {
    const key = await this.keys.read(publicId);
    if (!key) throw refused();
    return this.identity(key);
  }

  private identity({ public_id, revoked_at, expires_at, identity }: KnownKey): Identity {
    if (revoked_at || (expires_at && expires_at.getTime() <= Date.now())) throw refused();
    this.usage.note(public_id);
    return identity;
  }
}
