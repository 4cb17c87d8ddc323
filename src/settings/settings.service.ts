import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { actorOf } from '../audit/actor.js';
import type { Identity } from '../access/identity.js';
import { Organization } from '../access/organization.entity.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { badRequest } from '../common/problem.js';
import { ModelService } from '../metrics/model.service.js';
import type { OrganizationSettingsDto, UpdateSettingsDto, WrittenSettingsDto } from './settings.dto.js';

const FIELDS = [
  'currency',
  'time_zone',
  'week_start',
  'fiscal_year_start',
  'fx_carry_days',
  'fx_via',
  'locale',
] as const;

/** An organisation's settings. They are part of its model, so that a change is a publication. */
@Injectable()
export class SettingsService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly models: ModelService,
    private readonly audit: AuditTrail,
  ) {}

  async get(organizationId: string): Promise<OrganizationSettingsDto> {
    return settingsOf(await this.database.manager.findOneByOrFail(Organization, { id: organizationId }));
  }

  /** Live when it returns. @throws Problem 400 where null is no value of the field */
  async update(identity: Identity, body: UpdateSettingsDto): Promise<WrittenSettingsDto> {
    const { organizationId: id } = identity;
    const change = checked(body);
    // Publishes a new library first, so that the change is not mixed up with an upgrade.
    await this.models.live(id);
    return this.database.transaction(async (manager) => {
      const organization = await manager.findOneOrFail(Organization, {
        where: { id },
        lock: { mode: 'pessimistic_write' },
      });
      const before = settingsOf(organization);
      const after = { ...before, ...change };
      const isSame = FIELDS.every((field) => before[field] === after[field]);
      if (!isSame) await manager.update(Organization, { id }, change);
      const inputs = await this.models.read(manager, id, true);
      const author = { userId: identity.userId, reason: 'settings' } as const;
      const { snapshot_hash } = await this.models.publish(manager, inputs, this.models.build(inputs), author);
      if (!isSame) {
        await this.audit.record(manager, {
          organizationId: id,
          actor: actorOf(identity),
          action: 'organization.settings',
          entity: ['organization', id],
          before,
          after,
        });
      }
      return { ...after, snapshot: snapshot_hash };
    });
  }
}

const settingsOf = (organization: Organization): OrganizationSettingsDto => ({
  currency: organization.currency,
  time_zone: organization.time_zone,
  week_start: organization.week_start,
  fiscal_year_start: organization.fiscal_year_start,
  fx_carry_days: organization.fx_carry_days,
  fx_via: organization.fx_via,
  locale: organization.locale,
});

/** What the body changes. Optional fields of a body may be null; of these settings only one may. */
function checked(body: UpdateSettingsDto): Partial<OrganizationSettingsDto> {
  const given = FIELDS.filter((field) => body[field] !== undefined);
  const faults = given
    .filter((field) => body[field] === null && field !== 'fx_via')
    .map((field) => ({ code: 'wrong_value', message: `${field} can’t be null.`, pointer: `/${field}` }));
  if (faults.length > 0) throw badRequest('invalid_request', faults.map(({ message }) => message).join(' '), faults);
  return Object.fromEntries(given.map((field) => [field, body[field]]));
}
