import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { Membership } from '../access/membership.entity.js';
import { Team, TeamMember } from '../access/team.entity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { notFound } from '../common/problem.js';
import { isUuid, newId } from '../common/uuid.js';
import type { TeamDto, TeamInputDto } from './people.dto.js';
import { refuseWithout } from './grants.js';
import { nameTaken } from './name-taken.js';

interface TeamRow extends Omit<TeamDto, 'created_at'> {
  readonly created_at: Date;
}

const SELECT = `
  SELECT t.id, t.name, t.created_at, coalesce((
    SELECT json_agg(json_build_object('id', u.id, 'email', u.email, 'display_name', u.display_name) ORDER BY lower(u.email))
    FROM team_members tm JOIN users u ON u.id = tm.user_id
    WHERE tm.team_id = t.id AND tm.organization_id = t.organization_id
  ), '[]') AS members
  FROM teams t WHERE t.organization_id = $1`;

/** Teams, and who is in them. */
@Injectable()
export class TeamsService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly audit: AuditTrail,
  ) {}

  async list({ organizationId }: Identity): Promise<TeamDto[]> {
    const rows = await this.database.query<TeamRow[]>(`${SELECT} ORDER BY lower(t.name), t.id`, [organizationId]);
    return rows.map(present);
  }

  get(identity: Identity, id: string): Promise<TeamDto> {
    return this.find(this.database.manager, identity, id);
  }

  create(identity: Identity, { name }: TeamInputDto): Promise<TeamDto> {
    const id = newId();
    return this.write(identity, 'team.create', id, null, (manager) =>
      manager.insert(Team, { id, organization_id: identity.organizationId, name: name.trim() }),
    );
  }

  async rename(identity: Identity, id: string, { name }: TeamInputDto): Promise<TeamDto> {
    const before = await this.get(identity, id);
    return this.write(identity, 'team.update', id, before, (manager) =>
      manager.update(Team, { id, organization_id: identity.organizationId }, { name: name.trim() }),
    );
  }

  /** Its views are then seen by their owners and administrators only. */
  async delete(identity: Identity, id: string): Promise<void> {
    const { organizationId } = identity;
    await this.database.transaction(async (manager) => {
      const before = await this.find(manager, identity, id);
      await manager.delete(Team, { id, organization_id: organizationId });
      const entity = ['team', id] as const;
      await this.audit.record(manager, {
        organizationId,
        actor: actorOf(identity),
        action: 'team.delete',
        entity,
        before,
      });
    });
  }

  /** Adding who is in it already changes nothing. @throws Problem 403 `more_than_own` for who sees no team's views */
  async addMember(identity: Identity, id: string, userId: string): Promise<TeamDto> {
    refuseWithout(identity, 'reports:read', 'Whoever is in a team sees its report views.');
    const { organizationId } = identity;
    const before = await this.get(identity, id);
    const known =
      isUuid(userId) &&
      (await this.database.manager.existsBy(Membership, { organization_id: organizationId, user_id: userId }));
    if (!known) throw notFound(`There is no user with the id ${userId}.`);
    if (before.members.some((member) => member.id === userId.toLowerCase())) return before;
    return this.write(identity, 'team.update', id, before, (manager) =>
      manager.insert(TeamMember, { team_id: id, user_id: userId, organization_id: organizationId }),
    );
  }

  async removeMember(identity: Identity, id: string, userId: string): Promise<TeamDto> {
    const before = await this.get(identity, id);
    if (!before.members.some((member) => member.id === userId.toLowerCase()))
      throw notFound(`There is no user with the id ${userId} in the team.`);
    return this.write(identity, 'team.update', id, before, (manager) =>
      manager.delete(TeamMember, { team_id: id, user_id: userId, organization_id: identity.organizationId }),
    );
  }

  private write(
    identity: Identity,
    action: 'team.create' | 'team.update',
    id: string,
    before: TeamDto | null,
    change: (manager: EntityManager) => Promise<unknown>,
  ): Promise<TeamDto> {
    const { organizationId } = identity;
    return this.database.transaction(async (manager) => {
      await change(manager).catch(nameTaken('team'));
      const after = await this.find(manager, identity, id);
      const entity = ['team', id] as const;
      await this.audit.record(manager, { organizationId, actor: actorOf(identity), action, entity, before, after });
      return after;
    });
  }

  private async find(manager: EntityManager, { organizationId }: Identity, id: string): Promise<TeamDto> {
    const rows = isUuid(id) ? await manager.query<TeamRow[]>(`${SELECT} AND t.id = $2`, [organizationId, id]) : [];
    if (!rows[0]) throw notFound(`There is no team with the id ${id}.`);
    return present(rows[0]);
  }
}

const present = (row: TeamRow): TeamDto => ({ ...row, created_at: row.created_at.toISOString() });
