import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, In } from 'typeorm';
import { CurrentIdentity, ROLES, type Identity } from './identity.js';
import { Organization } from './organization.entity.js';
import { ACTIONS, Allow, actionsOf, can } from './permissions.js';
import { policyOf } from './policy.js';
import { Team } from './team.entity.js';
import { User } from './user.entity.js';

class MeUserDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ example: 'ana@example.com' }) email!: string;
  @ApiProperty({ example: 'Ana Analyst' }) display_name!: string;
}
class MeOrganizationDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ example: 'sample' }) slug!: string;
  @ApiProperty({ example: 'Juniper & Oak' }) name!: string;
  @ApiProperty({ example: 'USD', description: 'ISO 4217 code in which money is labelled.' }) currency!: string;
  @ApiProperty({ example: 'America/New_York', description: 'Zone used where a request names none.' })
  time_zone!: string;
}
class MeTeamDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ example: 'Paid social' }) name!: string;
}
class MeRestrictionsDto {
  @ApiProperty({ type: String, nullable: true, description: 'Name of the organisation’s own role.' })
  custom_role!: string | null;
  @ApiProperty({ type: [String], description: 'Metrics and dimensions whose values are empty for you.' })
  masked!: readonly string[];
  @ApiProperty({
    type: 'array',
    items: { type: 'object' },
    description: 'Conditions that every row meets that you see, your campaigns among them.',
  })
  rows!: readonly unknown[];
  @ApiProperty({
    type: Boolean,
    description: 'Whether metrics or dimensions are hidden from you; which ones is not told.',
  })
  has_hidden_members!: boolean;
}
class MeDto {
  @ApiProperty({ type: MeUserDto, nullable: true, description: 'Null for a key that belongs to no person.' })
  user!: MeUserDto | null;
  @ApiProperty({ type: MeOrganizationDto }) organization!: MeOrganizationDto;
  @ApiProperty({ enum: ROLES }) role!: string;
  @ApiProperty({ enum: ACTIONS, isArray: true, description: 'What you may do, as the scopes of keys name it.' })
  actions!: readonly string[];
  @ApiProperty({ type: [MeTeamDto], description: 'Your teams.' }) teams!: MeTeamDto[];
  @ApiProperty({ type: MeRestrictionsDto, description: 'What narrows the role.' }) restrictions!: MeRestrictionsDto;
}

@ApiTags('identity')
@ApiBearerAuth()
@Controller('api/me')
export class IdentityController {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  @Get()
  @Allow('identity:read')
  @ApiOperation({
    summary: 'Who one is',
    description: 'User, organisation, role, teams, what one may do, and what narrows it.',
  })
  @ApiResponse({ status: 200, type: MeDto })
  async me(@CurrentIdentity() identity: Identity): Promise<MeDto> {
    const { manager } = this.database;
    const { organizationId, userId, role, restrictions, teams = [] } = identity;
    const organization = await manager.findOneByOrFail(Organization, { id: organizationId });
    const user = userId ? await manager.findOneBy(User, { id: userId }) : null;
    const own = { id: In([...teams]), organization_id: organizationId };
    const policy = policyOf(identity);
    return {
      user: user && { id: user.id, email: user.email, display_name: user.display_name },
      organization: {
        id: organization.id,
        slug: organization.slug,
        name: organization.name,
        currency: organization.currency,
        time_zone: organization.time_zone,
      },
      role,
      actions: actionsOf(role).filter((action) => can(identity, action)),
      teams: (await manager.find(Team, { where: own, order: { name: 'ASC' } })).map(({ id, name }) => ({ id, name })),
      restrictions: {
        custom_role: restrictions?.customRole ?? null,
        masked: policy.masked,
        rows: policy.rows,
        has_hidden_members: policy.hidden.length > 0,
      },
    };
  }
}
