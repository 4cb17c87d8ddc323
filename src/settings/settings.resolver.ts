import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { OrganizationSettingsDto, UpdateSettingsDto, WrittenSettingsDto } from './settings.dto.js';
import { SettingsService } from './settings.service.js';

@Resolver(() => OrganizationSettingsDto)
export class SettingsResolver {
  constructor(private readonly settings: SettingsService) {}

  @Query(() => OrganizationSettingsDto, {
    name: 'organizationSettings',
    description: 'Currency, time zone, week and fiscal year of the organisation.',
  })
  @Allow('identity:read')
  get(@CurrentIdentity() { organizationId }: Identity): Promise<OrganizationSettingsDto> {
    return this.settings.get(organizationId);
  }

  @Mutation(() => WrittenSettingsDto, {
    name: 'updateOrganizationSettings',
    description: 'Changes settings; live, as a new snapshot of the model, when it returns.',
  })
  @Allow('organization:manage')
  update(
    @CurrentIdentity() identity: Identity,
    @Args('input', { description: 'What changes.' }) input: UpdateSettingsDto,
  ): Promise<WrittenSettingsDto> {
    return this.settings.update(identity, input);
  }
}
