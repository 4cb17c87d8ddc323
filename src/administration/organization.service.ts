import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { Organization } from '../access/organization.entity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import type { OrganizationDto, UpdateOrganizationDto } from './organization.dto.js';

/** The organisation itself. What decides how its numbers are grouped and shown is among its settings. */
@Injectable()
export class OrganizationService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly audit: AuditTrail,
  ) {}

  async get({ organizationId }: Identity): Promise<OrganizationDto> {
    return present(await this.database.manager.findOneByOrFail(Organization, { id: organizationId }));
  }

  update(identity: Identity, { name }: UpdateOrganizationDto): Promise<OrganizationDto> {
    const { organizationId } = identity;
    return this.database.transaction(async (manager) => {
      const organization = await manager.findOneByOrFail(Organization, { id: organizationId });
      const before = present(organization);
      if (name != null) organization.name = name.trim();
      const after = present(await manager.save(organization));
      const entity = ['organization', organizationId] as const;
      const action = 'organization.update';
      await this.audit.record(manager, { organizationId, actor: actorOf(identity), action, entity, before, after });
      return after;
    });
  }
}

const present = ({ id, slug, name, currency, time_zone, created_at }: Organization): OrganizationDto => ({
  ...{ id, slug, name, currency, time_zone },
  created_at: created_at.toISOString(),
});
