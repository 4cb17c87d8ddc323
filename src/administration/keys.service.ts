import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { ApiKey } from '../access/api-key.entity.js';
import { ApiKeyService, type NewKey } from '../access/api-key.service.js';
import { CustomRole } from '../access/custom-role.entity.js';
import type { Identity, Role } from '../access/identity.js';
import { Membership } from '../access/membership.entity.js';
import { actionsOf, type Action } from '../access/permissions.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { conflict, notFound } from '../common/problem.js';
import { isUuid } from '../common/uuid.js';
import { Assignments, refusal } from './assignment.service.js';
import { refuseMoreThanOwn } from './grants.js';
import type { CreateKeyDto, KeyDto, NewKeyDto } from './keys.dto.js';

interface KeyRow extends Omit<KeyDto, 'created_at' | 'expires_at' | 'revoked_at' | 'last_used_at'> {
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly last_used_at: Date | null;
}

const SELECT = `
  SELECT k.id, k.name, k.public_id, k.user_id, coalesce(m.role, k.role) AS role, k.scopes, k.created_by, k.created_at,
    k.expires_at, k.revoked_at, k.last_used_at, k.replaced_by, coalesce(m.campaigns, k.campaigns) AS campaigns,
    CASE WHEN r.id IS NULL THEN NULL ELSE json_build_object('id', r.id, 'name', r.name) END AS custom_role
  FROM api_keys k
    LEFT JOIN memberships m ON m.organization_id = k.organization_id AND m.user_id = k.user_id
    LEFT JOIN custom_roles r ON r.organization_id = k.organization_id
      AND r.id = CASE WHEN k.user_id IS NULL THEN k.custom_role_id ELSE m.custom_role_id END
  WHERE k.organization_id = $1`;

const HOUR = 3_600_000;
const OVERLAP_HOURS = 24;

/** API keys of an organisation. A secret is shown once, when the key is made. */
@Injectable()
export class KeysService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly keys: ApiKeyService,
    private readonly assignments: Assignments,
    private readonly audit: AuditTrail,
  ) {}

  async list({ organizationId }: Identity): Promise<KeyDto[]> {
    const rows = await this.database.query<KeyRow[]>(`${SELECT} ORDER BY k.created_at, k.id`, [organizationId]);
    return rows.map(present);
  }

  get(identity: Identity, id: string): Promise<KeyDto> {
    return this.find(this.database.manager, identity, id);
  }

  create(identity: Identity, body: CreateKeyDto): Promise<NewKeyDto> {
    const { organizationId } = identity;
    return this.database.transaction(async (manager) => {
      const whose = await this.whose(manager, identity, body);
      const scopes = narrowedScopes(whose.role, body.scopes ?? null);
      await this.refuseMoreThanOwn(manager, identity, { ...whose, scopes });
      const expiresAt = body.expires_at == null ? null : new Date(body.expires_at);
      if (expiresAt !== null && expiresAt.getTime() <= Date.now())
        throw refusal('already_expired', 'A key can’t end in the past.', '/expires_at');
      const wanted = {
        organizationId,
        name: body.name.trim(),
        ...whose,
        scopes,
        expiresAt,
        createdBy: identity.userId,
      };
      return this.insert(manager, identity, 'key.create', wanted);
    });
  }

  /** At once: the next request with it is refused. */
  async revoke(identity: Identity, id: string): Promise<void> {
    const { organizationId } = identity;
    await this.database.transaction(async (manager) => {
      const before = await this.find(manager, identity, id);
      if (before.revoked_at !== null) return;
      await manager.update(ApiKey, { id, organization_id: organizationId }, { revoked_at: new Date() });
      const entity = ['key', id] as const;
      await this.audit.record(manager, {
        organizationId,
        actor: actorOf(identity),
        action: 'key.revoke',
        entity,
        before,
      });
    });
  }

  /** A successor that may do the same; the old key goes on for some hours, and no longer than it would have. */
  rotate(identity: Identity, id: string, overlapHours: number | null = null): Promise<NewKeyDto> {
    const { organizationId } = identity;
    return this.database.transaction(async (manager) => {
      await this.find(manager, identity, id);
      const old = await manager.findOneOrFail(ApiKey, {
        where: { id, organization_id: organizationId },
        lock: { mode: 'pessimistic_write' },
      });
      const now = Date.now();
      if (old.revoked_at !== null || (old.expires_at !== null && old.expires_at.getTime() <= now))
        throw conflict('key_ended', 'This key has ended; make a new one.');
      if (old.replaced_by !== null) throw conflict('already_rotated', 'This key has a successor; rotate that one.');
      const wanted = {
        ...{ organizationId, userId: old.user_id, name: old.name, role: old.role, scopes: old.scopes },
        ...{ customRoleId: old.custom_role_id, campaigns: old.campaigns },
        ...{ expiresAt: old.expires_at, createdBy: identity.userId },
      };
      await this.refuseMoreThanOwn(manager, identity, wanted);
      const made = await this.insert(manager, identity, 'key.rotate', wanted);
      const end = now + (overlapHours ?? OVERLAP_HOURS) * HOUR;
      const expires_at = new Date(Math.min(end, old.expires_at?.getTime() ?? end));
      await manager.update(ApiKey, { id, organization_id: organizationId }, { expires_at, replaced_by: made.id });
      return made;
    });
  }

  /** A person's key takes its role from the membership, a machine's has its own. */
  private async whose(
    manager: EntityManager,
    identity: Identity,
    body: CreateKeyDto,
  ): Promise<Pick<NewKey, 'userId' | 'role' | 'customRoleId' | 'campaigns'>> {
    const { organizationId } = identity;
    const isMachine = body.role != null || body.custom_role_id != null;
    const userId = body.user_id ?? (isMachine ? null : identity.userId);
    if (userId === null) {
      const { role, custom_role_id } = (await this.assignments.role(manager, organizationId, body)).assignment;
      return { userId, role, customRoleId: custom_role_id, campaigns: body.campaigns ?? [] };
    }
    if (isMachine || body.campaigns != null) {
      const message =
        'A person’s key has the role of the person; leave out role and campaigns, and narrow it by “scopes”.';
      throw refusal('role_of_person', message, body.role == null ? '/custom_role_id' : '/role');
    }
    const membership = await manager.findOneBy(Membership, { organization_id: organizationId, user_id: userId });
    if (!membership) throw notFound(`There is no user with the id ${userId}.`);
    return { userId, role: membership.role };
  }

  /** What a person's key gives is what the membership says now. */
  private async refuseMoreThanOwn(
    manager: EntityManager,
    identity: Identity,
    wanted: Pick<NewKey, 'userId' | 'role' | 'scopes' | 'customRoleId' | 'campaigns'>,
  ): Promise<void> {
    const { organizationId: organization_id } = identity;
    const { userId: user_id, scopes = null } = wanted;
    const membership = user_id === null ? null : await manager.findOneBy(Membership, { organization_id, user_id });
    if (user_id !== null && !membership) throw conflict('key_ended', 'The key’s person has left; make a new one.');
    const customId = membership ? membership.custom_role_id : (wanted.customRoleId ?? null);
    const custom = customId === null ? null : await manager.findOneBy(CustomRole, { id: customId, organization_id });
    refuseMoreThanOwn(identity, {
      role: membership?.role ?? wanted.role,
      narrowedTo: [scopes, custom?.actions ?? null],
      custom,
      rows: membership?.rows ?? [],
      campaigns: membership?.campaigns ?? wanted.campaigns ?? [],
    });
  }

  private async insert(
    manager: EntityManager,
    identity: Identity,
    action: 'key.create' | 'key.rotate',
    wanted: NewKey,
  ): Promise<NewKeyDto> {
    const { organizationId } = identity;
    const { id, key } = await this.keys.insert(wanted, manager);
    const after = await this.find(manager, identity, id);
    const entity = ['key', id] as const;
    await this.audit.record(manager, { organizationId, actor: actorOf(identity), action, entity, after });
    return { ...after, key };
  }

  private async find(manager: EntityManager, { organizationId }: Identity, id: string): Promise<KeyDto> {
    const rows = isUuid(id) ? await manager.query<KeyRow[]>(`${SELECT} AND k.id = $2`, [organizationId, id]) : [];
    if (!rows[0]) throw notFound(`There is no key with the id ${id}.`);
    return present(rows[0]);
  }
}

/** A key can't do more than its role. */
function narrowedScopes(role: Role, wanted: readonly Action[] | null): readonly Action[] | null {
  const more = (wanted ?? []).filter((action) => !actionsOf(role).includes(action));
  if (more.length > 0) throw refusal('not_narrower', `${role} may not do ${more.join(', ')}.`, '/scopes');
  return wanted;
}

const present = (row: KeyRow): KeyDto => ({
  ...row,
  created_at: row.created_at.toISOString(),
  expires_at: row.expires_at?.toISOString() ?? null,
  revoked_at: row.revoked_at?.toISOString() ?? null,
  last_used_at: row.last_used_at?.toISOString() ?? null,
});
