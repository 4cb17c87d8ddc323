import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { customAlphabet } from 'nanoid';
import { DataSource, type EntityManager } from 'typeorm';
import { CoalescedRead } from '../cache/coalesced-read.js';
import { prepared } from '../common/prepared-query.js';
import { Problem } from '../common/problem.js';
import { newId } from '../common/uuid.js';
import { API_KEY_FORM } from '../config/config.js';
import { ApiKey } from './api-key.entity.js';
import type { Identity, Role } from './identity.js';
import { STATE_COLUMN, type OrganizationState } from './organization-state.js';

const newPublicId = customAlphabet('0123456789abcdefghijklmnopqrstuvwxyz', 12);
const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

export interface NewKey {
  readonly organizationId: string;
  readonly userId: string | null;
  readonly name: string;
  readonly role: Role;
  /** A key chosen by the operator, in the form `trb_<id>_<secret>`; a random one otherwise. */
  readonly key?: string;
}

/** A key with its organisation and what requests of it have to know. */
interface KeyRow extends Pick<ApiKey, 'public_id' | 'secret_hash' | 'role' | 'user_id' | 'expires_at' | 'revoked_at'> {
  readonly organization_id: string;
  readonly organization_slug: string;
  readonly state: OrganizationState;
}

const FIND_KEYS = {
  name: 'api_keys_by_public_id',
  text: `SELECT key.public_id, key.secret_hash, key.role, key.user_id, key.expires_at, key.revoked_at,
    key.organization_id, organization.slug AS organization_slug, ${STATE_COLUMN}
    FROM api_keys AS key JOIN organizations AS organization ON organization.id = key.organization_id
    WHERE key.public_id = ANY ($1::text[])`,
};

const refused = (): Problem =>
  new Problem(401, 'unauthenticated', 'Send a valid API key: Authorization: Bearer trb_<id>_<secret>.');

/** Makes API keys and finds out who a key belongs to. */
@Injectable()
export class ApiKeyService {
  /** Read anew for each request, so that a revoked key is refused at once. */
  private readonly keys = new CoalescedRead<KeyRow>(async (publicIds) => {
    const rows = await prepared<KeyRow>(this.database, FIND_KEYS, [publicIds]);
    return new Map(rows.map((row) => [row.public_id, row]));
  });

  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** @returns the whole key, which can't be read again */
  async create(wanted: NewKey, manager: EntityManager = this.database.manager): Promise<string> {
    const key = wanted.key ?? `trb_${newPublicId()}_${randomBytes(24).toString('base64url')}`;
    const [, publicId = '', secret = ''] = API_KEY_FORM.exec(key) ?? [];
    await manager.insert(ApiKey, {
      id: newId(),
      organization_id: wanted.organizationId,
      user_id: wanted.userId,
      name: wanted.name,
      public_id: publicId,
      secret_hash: hashSecret(secret),
      role: wanted.role,
      expires_at: null,
      revoked_at: null,
    });
    return key;
  }

  /**
   * @param authorization the header, `Bearer trb_<id>_<secret>`
   * @throws Problem 401 without saying which part was wrong
   */
  async authenticate(authorization: string | undefined): Promise<Identity> {
    const [, publicId, secret] = API_KEY_FORM.exec(/^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? '') ?? [];
    if (!publicId || !secret) throw refused();
    const key = await this.keys.read(publicId);
    const given = Buffer.from(hashSecret(secret), 'hex');
    if (!key || !timingSafeEqual(given, Buffer.from(key.secret_hash, 'hex'))) throw refused();
    if (key.revoked_at || (key.expires_at && key.expires_at.getTime() <= Date.now())) throw refused();
    return Object.freeze({
      organizationId: key.organization_id,
      organizationSlug: key.organization_slug,
      userId: key.user_id,
      role: key.role,
      keyId: key.public_id,
      state: key.state,
    });
  }
}
