import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, In } from 'typeorm';
import { Plans } from '../plans/plans.service.js';
import type { MeDto } from './identity.dto.js';
import type { Identity } from './identity.js';
import { Organization } from './organization.entity.js';
import { actionsOf, can } from './permissions.js';
import { policyOf } from './policy.js';
import { Team } from './team.entity.js';
import { User } from './user.entity.js';

/** Tells who asks, and what of the organisation is open to them. */
@Injectable()
export class WhoAmI {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly plans: Plans,
  ) {}

  async of(identity: Identity): Promise<MeDto> {
    const { manager } = this.database;
    const { organizationId, userId, role, restrictions, teams = [] } = identity;
    const { id, slug, name, currency, time_zone } = await manager.findOneByOrFail(Organization, { id: organizationId });
    const user = userId ? await manager.findOneBy(User, { id: userId }) : null;
    const own = { id: In([...teams]), organization_id: organizationId };
    const policy = policyOf(identity);
    const plan = await this.plans.of(identity);
    return {
      user: user && { id: user.id, email: user.email, display_name: user.display_name },
      organization: { id, slug, name, currency, time_zone },
      role,
      actions: actionsOf(role).filter((action) => can(identity, action)),
      teams: (await manager.find(Team, { where: own, order: { name: 'ASC' } })).map((team) => ({
        id: team.id,
        name: team.name,
      })),
      restrictions: {
        custom_role: restrictions?.customRole ?? null,
        masked: policy.masked,
        rows: policy.rows,
        has_hidden_members: policy.hidden.length > 0,
      },
      plan: plan.name,
      features: this.plans.featuresOf(plan),
    };
  }
}
