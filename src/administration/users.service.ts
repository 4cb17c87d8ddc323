import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { CustomRole } from '../access/custom-role.entity.js';
import type { Identity, Role } from '../access/identity.js';
import { Membership } from '../access/membership.entity.js';
import { acrossOrganizations } from '../access/tenancy/scope.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { conflict, notFound } from '../common/problem.js';
import { isUuid, newId } from '../common/uuid.js';
import type { Filter } from '../compiler/query/types.js';
import { Assignments } from './assignment.service.js';
import { refuseMoreThanOwn, type Grant } from './grants.js';
import type { AddUserDto, NamedDto, UpdateUserDto, UserDto } from './people.dto.js';

interface UserRow extends Omit<UserDto, 'created_at'> {
  readonly created_at: Date;
}

const SELECT = `
  SELECT u.id, u.email, u.display_name, m.role, m.campaigns, m.rows, m.created_at,
    CASE WHEN r.id IS NULL THEN NULL ELSE json_build_object('id', r.id, 'name', r.name) END AS custom_role,
    coalesce((
      SELECT json_agg(json_build_object('id', t.id, 'name', t.name) ORDER BY t.name, t.id)
      FROM team_members tm JOIN teams t ON t.id = tm.team_id
      WHERE tm.user_id = m.user_id AND tm.organization_id = m.organization_id
    ), '[]') AS teams
  FROM memberships m JOIN users u ON u.id = m.user_id
    LEFT JOIN custom_roles r ON r.id = m.custom_role_id AND r.organization_id = m.organization_id
  WHERE m.organization_id = $1`;

/** The people of an organisation. A person may belong to several; what is kept here is the membership. */
@Injectable()
export class UsersService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly assignments: Assignments,
    private readonly audit: AuditTrail,
  ) {}

  async list({ organizationId }: Identity): Promise<UserDto[]> {
    const rows = await this.database.query<UserRow[]>(`${SELECT} ORDER BY lower(u.email), u.id`, [organizationId]);
    return rows.map(present);
  }

  get(identity: Identity, id: string): Promise<UserDto> {
    return this.find(this.database.manager, identity, id);
  }

  /** @throws Problem 403 `more_than_own`; 409 `already_member`; 422 for a role or rows that don't exist */
  add(identity: Identity, body: AddUserDto): Promise<UserDto> {
    return this.write(identity, 'user.add', async (manager) => {
      const { organizationId } = identity;
      const { assignment, custom } = await this.assignments.role(manager, organizationId, body);
      const rows = await this.assignments.rows(organizationId, body.rows ?? []);
      const campaigns = body.campaigns ?? [];
      refuseMoreThanOwn(identity, grantOf(assignment.role, custom, rows, campaigns));
      const email = body.email.trim();
      await manager.query(
        'INSERT INTO users (id, email, display_name) VALUES ($1, $2, $3) ON CONFLICT (lower(email)) DO NOTHING',
        [newId(), email, body.display_name?.trim() || email],
      );
      const [user] = await manager.query<{ id: string }[]>('SELECT id FROM users WHERE lower(email) = lower($1)', [
        email,
      ]);
      const user_id = user?.id ?? '';
      if (await manager.existsBy(Membership, { organization_id: organizationId, user_id }))
        throw conflict('already_member', `${email} belongs to the organisation already.`);
      await manager.insert(Membership, {
        organization_id: organizationId,
        user_id,
        ...assignment,
        campaigns,
        rows: rows as never,
      });
      return user_id;
    });
  }

  /** @throws Problem 403 `more_than_own`; 409 `last_admin` when nobody would be left to administer */
  update(identity: Identity, id: string, body: UpdateUserDto): Promise<UserDto> {
    return this.write(
      identity,
      'user.update',
      async (manager, before) => {
        const { organizationId } = identity;
        const where = { organization_id: organizationId, user_id: id };
        const isNewRole = body.role != null || body.custom_role_id !== undefined;
        const given = body.custom_role_id === null ? { ...body, role: body.role ?? before?.role ?? null } : body;
        const found = isNewRole ? await this.assignments.role(manager, organizationId, given) : null;
        const assignment = found?.assignment ?? null;
        const rows =
          body.rows === undefined ? {} : { rows: await this.assignments.rows(organizationId, body.rows ?? []) };
        const campaigns = body.campaigns === undefined ? {} : { campaigns: body.campaigns ?? [] };
        const now = await manager.findOneByOrFail(Membership, where);
        const custom = found ? found.custom : await this.customRole(manager, now);
        const after = { ...now, ...assignment, ...campaigns, ...rows };
        refuseMoreThanOwn(identity, grantOf(after.role, custom, after.rows, after.campaigns));
        if (assignment) await keepAnAdmin(manager, organizationId, id, assignment.role);
        const change = { ...assignment, ...campaigns, ...rows };
        if (Object.keys(change).length > 0) await manager.update(Membership, where, change as never);
        return id;
      },
      id,
    );
  }

  /** Ends the membership and the person's keys here, at once. What the person made stays. */
  async remove(identity: Identity, id: string): Promise<void> {
    const { organizationId } = identity;
    await this.database.transaction(async (manager) => {
      const before = await this.find(manager, identity, id);
      await keepAnAdmin(manager, organizationId, id, null);
      await manager.query(
        'UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE organization_id = $1 AND user_id = $2',
        [organizationId, id],
      );
      await manager.delete(Membership, { organization_id: organizationId, user_id: id });
      const entity = ['user', id] as const;
      await this.audit.record(manager, {
        organizationId,
        actor: actorOf(identity),
        action: 'user.remove',
        entity,
        before,
      });
    });
  }

  private write(
    identity: Identity,
    action: 'user.add' | 'user.update',
    change: (manager: EntityManager, before: UserDto | null) => Promise<string>,
    id: string | null = null,
  ): Promise<UserDto> {
    const { organizationId } = identity;
    const work = (): Promise<UserDto> =>
      this.database.transaction(async (manager) => {
        const before = id === null ? null : await this.find(manager, identity, id);
        const written = await change(manager, before);
        const after = await this.find(manager, identity, written);
        const entity = ['user', written] as const;
        await this.audit.record(manager, { organizationId, actor: actorOf(identity), action, entity, before, after });
        return after;
      });
    return id === null ? acrossOrganizations('a person may belong to several organisations', work) : work();
  }

  private customRole(
    manager: EntityManager,
    { organization_id, custom_role_id: id }: Membership,
  ): Promise<CustomRole | null> {
    return id === null ? Promise.resolve(null) : manager.findOneBy(CustomRole, { id, organization_id });
  }

  private async find(manager: EntityManager, { organizationId }: Identity, id: string): Promise<UserDto> {
    const rows = isUuid(id) ? await manager.query<UserRow[]>(`${SELECT} AND m.user_id = $2`, [organizationId, id]) : [];
    if (!rows[0]) throw notFound(`There is no user with the id ${id}.`);
    return present(rows[0]);
  }
}

const grantOf = (
  role: Role,
  custom: CustomRole | null,
  rows: readonly Filter[],
  campaigns: readonly string[],
): Grant => ({ role, narrowedTo: [custom?.actions ?? null], custom, rows, campaigns });

/** Locks the organisation's administrators, so that two of them can't go at the same time. */
async function keepAnAdmin(
  manager: EntityManager,
  organizationId: string,
  id: string,
  role: Role | null,
): Promise<void> {
  if (role === 'organization_admin') return;
  const admins = await manager.query<{ user_id: string }[]>(
    `SELECT user_id FROM memberships WHERE organization_id = $1 AND role = 'organization_admin' ORDER BY user_id FOR UPDATE`,
    [organizationId],
  );
  if (admins.length === 1 && admins[0]?.user_id === id)
    throw conflict('last_admin', 'This is the only administrator; make someone else one first.');
}

const present = (row: UserRow): UserDto => ({
  ...row,
  custom_role: row.custom_role as NamedDto | null,
  created_at: row.created_at.toISOString(),
});
