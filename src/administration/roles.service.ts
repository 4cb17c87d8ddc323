import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { CustomRole, type BaseRole } from '../access/custom-role.entity.js';
import type { Identity } from '../access/identity.js';
import { actionsOf, type Action } from '../access/permissions.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { conflict, notFound } from '../common/problem.js';
import { isUuid, newId } from '../common/uuid.js';
import { Assignments, refusal } from './assignment.service.js';
import { refuseMoreThanOwn } from './grants.js';
import { nameTaken } from './name-taken.js';
import type { RoleDto, RoleInputDto, UpdateRoleDto } from './people.dto.js';

/** Roles of the organisation's own. A change holds from the next request of whoever has the role. */
@Injectable()
export class RolesService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly assignments: Assignments,
    private readonly audit: AuditTrail,
  ) {}

  async list({ organizationId }: Identity): Promise<RoleDto[]> {
    const where = { organization_id: organizationId };
    const roles = await this.database.manager.find(CustomRole, { where, order: { name: 'ASC', id: 'ASC' } });
    return roles.map(present);
  }

  async get(identity: Identity, id: string): Promise<RoleDto> {
    return present(await this.find(this.database.manager, identity, id));
  }

  async create(identity: Identity, body: RoleInputDto): Promise<RoleDto> {
    const { organizationId } = identity;
    const checked = await this.checked(organizationId, body.base_role, body);
    return this.database.transaction(async (manager) => {
      const { name, description = null, base_role } = body;
      const role = manager.create(CustomRole, {
        ...{ id: newId(), organization_id: organizationId, name: name.trim(), description, base_role },
        ...{ actions: null, hidden: [], masked: [], granted: [], rows: [] },
        ...checked,
      });
      return this.save(manager, identity, 'role.create', null, role);
    });
  }

  update(identity: Identity, id: string, body: UpdateRoleDto): Promise<RoleDto> {
    return this.database.transaction(async (manager) => {
      const role = await this.find(manager, identity, id);
      const before = present(role);
      const checked = await this.checked(identity.organizationId, role.base_role, body);
      const { name, description } = body;
      Object.assign(
        role,
        checked,
        name == null ? {} : { name: name.trim() },
        description === undefined ? {} : { description },
      );
      return this.save(manager, identity, 'role.update', before, role);
    });
  }

  /** @throws Problem 409 `role_in_use` while someone has it */
  async delete(identity: Identity, id: string): Promise<void> {
    const { organizationId } = identity;
    await this.database.transaction(async (manager) => {
      const before = present(await this.find(manager, identity, id));
      await manager.delete(CustomRole, { id, organization_id: organizationId }).catch((thrown: unknown) => {
        if ((thrown as { code?: string }).code !== '23503') throw thrown;
        throw conflict('role_in_use', 'People or keys have this role; give them another one first.');
      });
      const entity = ['role', id] as const;
      await this.audit.record(manager, {
        organizationId,
        actor: actorOf(identity),
        action: 'role.delete',
        entity,
        before,
      });
    });
  }

  /** What is given, checked: every name in it means something, and it only narrows. */
  private async checked(organizationId: string, base: BaseRole, body: UpdateRoleDto): Promise<Partial<CustomRole>> {
    const { actions, hidden, masked, granted, rows } = body;
    const more = (actions ?? []).filter((action: Action) => !actionsOf(base).includes(action));
    if (more.length > 0) {
      const message = `${base} may not do ${more.join(', ')}; a custom role only narrows. It may: ${actionsOf(base).join(', ')}.`;
      throw refusal('not_narrower', message, '/actions');
    }
    await this.assignments.members(organizationId, { hidden, masked, granted });
    return {
      ...(actions === undefined ? {} : { actions }),
      ...(hidden === undefined ? {} : { hidden: hidden ?? [] }),
      ...(masked === undefined ? {} : { masked: masked ?? [] }),
      ...(granted === undefined ? {} : { granted: granted ?? [] }),
      ...(rows === undefined ? {} : { rows: await this.assignments.rows(organizationId, rows ?? []) }),
    };
  }

  private async save(
    manager: EntityManager,
    identity: Identity,
    action: 'role.create' | 'role.update',
    before: RoleDto | null,
    role: CustomRole,
  ): Promise<RoleDto> {
    const narrowedTo = [role.actions];
    refuseMoreThanOwn(identity, { role: role.base_role, narrowedTo, custom: role, rows: [], campaigns: [] });
    const after = present(await manager.save(role).catch(nameTaken('role')));
    const { organizationId } = identity;
    const entity = ['role', role.id] as const;
    await this.audit.record(manager, { organizationId, actor: actorOf(identity), action, entity, before, after });
    return after;
  }

  private async find(manager: EntityManager, { organizationId }: Identity, id: string): Promise<CustomRole> {
    const role = isUuid(id) ? await manager.findOneBy(CustomRole, { id, organization_id: organizationId }) : null;
    if (!role) throw notFound(`There is no custom role with the id ${id}.`);
    return role;
  }
}

const present = (role: CustomRole): RoleDto => {
  const { id, name, description, base_role, actions, hidden, masked, granted, rows, created_at } = role;
  return {
    id,
    name,
    description,
    base_role,
    actions,
    hidden,
    masked,
    granted,
    rows,
    created_at: created_at.toISOString(),
  };
};
