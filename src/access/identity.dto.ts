import { Field, ID, ObjectType } from '@nestjs/graphql';
import { ApiProperty } from '@nestjs/swagger';
import { GraphQLJSON } from 'graphql-scalars';
import { Described } from '../common/described.js';
import { FeatureDto } from '../plans/plans.dto.js';
import { ROLES } from './identity.js';
import { ACTIONS } from './permissions.js';

@ObjectType('MeUser', { description: 'The person who asks.' })
export class MeUserDto {
  @Field(() => ID, { description: 'Id of the person.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'Address.', type: () => String, example: 'ana@example.com' }) email!: string;
  @Described({ description: 'Name shown to people.', type: () => String, example: 'Ana Analyst' })
  display_name!: string;
}

@ObjectType('MeOrganization', { description: 'The organisation that one asks in.' })
export class MeOrganizationDto {
  @Field(() => ID, { description: 'Its id.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'Name in URLs and as database of the SQL API.', type: () => String, example: 'sample' })
  slug!: string;
  @Described({ description: 'Name shown to people.', type: () => String, example: 'Juniper & Oak' }) name!: string;
  @Described({ description: 'ISO 4217 code in which money is labelled.', type: () => String, example: 'USD' })
  currency!: string;
  @Described({
    description: 'Zone used where a request names none.',
    type: () => String,
    example: 'America/New_York',
  })
  time_zone!: string;
}

@ObjectType('MeTeam', { description: 'A team that one is in.' })
export class MeTeamDto {
  @Field(() => ID, { description: 'Its id.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'Its name.', type: () => String, example: 'Paid social' }) name!: string;
}

@ObjectType('MeRestrictions', { description: 'What narrows the role.' })
export class MeRestrictionsDto {
  @Described({ description: 'Name of the organisation’s own role.', type: () => String, optional: true })
  custom_role!: string | null;
  @Described({ description: 'Metrics and dimensions whose values are empty for you.', type: () => [String] })
  masked!: readonly string[];
  @Described({
    description: 'Conditions that every row meets that you see, your campaigns among them.',
    type: () => [GraphQLJSON],
    schema: { type: 'array', items: { type: 'object' } },
  })
  rows!: readonly unknown[];
  @Described({
    description: 'Whether metrics or dimensions are hidden from you; which ones is not told.',
    type: () => Boolean,
  })
  has_hidden_members!: boolean;
}

@ObjectType('Me', { description: 'Who one is, what one may do, and what narrows it.' })
export class MeDto {
  @Described({
    description: 'Null for a key that belongs to no person.',
    type: () => MeUserDto,
    optional: true,
  })
  user!: MeUserDto | null;
  @Described({ description: 'The organisation.', type: () => MeOrganizationDto }) organization!: MeOrganizationDto;
  @Described({ description: 'One of the five roles.', type: () => String, oneOf: ROLES }) role!: string;
  @Described({
    description: 'What you may do, as the scopes of keys name it.',
    type: () => [String],
    schema: { type: 'array', items: { type: 'string', enum: [...ACTIONS] } },
  })
  actions!: readonly string[];
  @Described({ description: 'Your teams.', type: () => [MeTeamDto] }) teams!: MeTeamDto[];
  @Described({ description: 'What narrows the role.', type: () => MeRestrictionsDto })
  restrictions!: MeRestrictionsDto;
  @Described({ description: 'Name of the organisation’s plan.', type: () => String, example: 'professional' })
  plan!: string;
  @Described({ description: 'What the plan opens.', type: () => [FeatureDto] }) features!: FeatureDto[];
}
