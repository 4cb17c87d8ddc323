import { Field, ID, InputType, ObjectType, PartialType, PickType } from '@nestjs/graphql';
import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsEmail, IsIn, IsString, IsUUID, Length, MaxLength } from 'class-validator';
import { GraphQLJSON } from 'graphql-scalars';
import { BASE_ROLES, type BaseRole } from '../access/custom-role.entity.js';
import { ROLES, type Role } from '../access/identity.js';
import { ACTIONS, type Action } from '../access/permissions.js';
import { Described } from '../common/described.js';

const MOST_CAMPAIGNS = 1_000;
const ROWS = {
  description: 'Conditions on dimensions that every row has to meet, in the notation of a query’s filters.',
  type: () => GraphQLJSON,
  schema: { type: 'array', items: { type: 'object' } },
  example: [{ member: 'data_source', operator: 'equals', values: ['meta_ads'] }],
} as const;

/** Body of `POST /api/users`. */
@InputType('UserInput', { description: 'A person of the organisation.' })
export class AddUserDto {
  @Described({
    description: 'Address; who is known by it already is added.',
    type: () => String,
    example: 'ann@example.com',
  })
  @IsEmail({}, { message: 'email must be an e-mail address' })
  @MaxLength(254)
  email!: string;

  @Described({ description: 'Name shown to people; the address when absent.', type: () => String, optional: true })
  @Length(1, 200)
  display_name?: string | null;

  @Described({
    description: 'One of the five roles; or give `custom_role_id`.',
    type: () => String,
    oneOf: ROLES,
    optional: true,
  })
  @IsIn(ROLES)
  role?: Role | null;

  @Described({ description: 'A role of the organisation’s own.', type: () => String, optional: true })
  @IsUUID()
  custom_role_id?: string | null;

  @Described({
    description:
      'Names or ids of the campaigns that a campaign manager is limited to; without any, there is nothing to see.',
    type: () => [String],
    optional: true,
    schema: { type: 'array', items: { type: 'string' } },
    example: ['Spring sale'],
  })
  @IsArray()
  @ArrayMaxSize(MOST_CAMPAIGNS)
  @IsString({ each: true })
  @Length(1, 500, { each: true })
  campaigns?: string[] | null;

  @Described({ ...ROWS, optional: true })
  @IsArray()
  rows?: unknown[] | null;
}

/** Body of `PATCH /api/users/:id`. */
@InputType('UserChange', { description: 'What changes; absent fields stay.' })
export class UpdateUserDto extends PartialType(
  PickType(AddUserDto, ['role', 'custom_role_id', 'campaigns', 'rows'] as const),
  InputType,
) {}

@ObjectType('CustomRoleName', { description: 'A role of the organisation’s own.' })
export class NamedDto {
  @Field(() => ID, { description: 'Its id.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'Its name.', type: () => String }) name!: string;
}

@ObjectType('User', { description: 'A person of the organisation.' })
export class UserDto {
  @Field(() => ID, { description: 'Id of the person.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'Address.', type: () => String }) email!: string;
  @Described({ description: 'Name shown to people.', type: () => String }) display_name!: string;
  @Described({ description: 'Role, or what the custom role narrows.', type: () => String, oneOf: ROLES }) role!: Role;
  @Described({ description: 'Role of the organisation’s own.', type: () => NamedDto, optional: true })
  custom_role!: NamedDto | null;
  @Described({
    description: 'Campaigns that a campaign manager is limited to.',
    type: () => [String],
    schema: { type: 'array', items: { type: 'string' } },
  })
  campaigns!: string[];
  @Described(ROWS) rows!: unknown[];
  @Described({ description: 'Teams of the person.', type: () => [NamedDto] }) teams!: NamedDto[];
  @Described({ description: 'When the person was added.', type: () => String }) created_at!: string;
}

/** Body of `POST /api/teams` and of PATCH. */
@InputType('TeamInput', { description: 'A team.' })
export class TeamInputDto {
  @Described({ description: 'Name, unique in the organisation.', type: () => String, example: 'Paid social' })
  @Length(1, 100)
  name!: string;
}

@ObjectType('TeamMember', { description: 'A person of a team.' })
export class TeamMemberDto {
  @Field(() => ID, { description: 'Id of the person.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'Address.', type: () => String }) email!: string;
  @Described({ description: 'Name shown to people.', type: () => String }) display_name!: string;
}

@ObjectType('Team', { description: 'People who share report views.' })
export class TeamDto {
  @Field(() => ID, { description: 'Its id.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'Its name.', type: () => String }) name!: string;
  @Described({ description: 'Its people.', type: () => [TeamMemberDto] }) members!: TeamMemberDto[];
  @Described({ description: 'When it was made.', type: () => String }) created_at!: string;
}

const keys = (description: string, example: string[]): Parameters<typeof Described>[0] => ({
  description,
  type: () => [String],
  schema: { type: 'array', items: { type: 'string' } },
  optional: true,
  example,
});

/** Body of `POST /api/roles`. */
@InputType('CustomRoleInput', { description: 'A role of the organisation’s own: one of the five, narrowed.' })
export class RoleInputDto {
  @Described({ description: 'Name, unique in the organisation.', type: () => String, example: 'Agency' })
  @Length(1, 100)
  name!: string;

  @Described({ description: 'What it is for.', type: () => String, optional: true })
  @MaxLength(1_000)
  description?: string | null;

  @Described({
    description: 'The role that it narrows; can’t be changed later.',
    type: () => String,
    oneOf: BASE_ROLES,
  })
  @IsIn(BASE_ROLES)
  base_role!: BaseRole;

  @Described(keys('What of the base role is allowed; all of it when absent.', ['identity:read', 'reports:read']))
  @IsArray()
  @IsIn(ACTIONS, { each: true })
  actions?: Action[] | null;

  @Described(
    keys('Metrics and dimensions that do not exist for the role, nor what is calculated from them.', ['spend']),
  )
  @IsArray()
  @ArrayMaxSize(500)
  @IsString({ each: true })
  hidden?: string[] | null;

  @Described(keys('Metrics and dimensions whose values are empty for the role.', ['customer_id']))
  @IsArray()
  @ArrayMaxSize(500)
  @IsString({ each: true })
  masked?: string[] | null;

  @Described(keys('Metrics that stay although they come from hidden or masked ones.', ['roas']))
  @IsArray()
  @ArrayMaxSize(500)
  @IsString({ each: true })
  granted?: string[] | null;

  @Described({ ...ROWS, optional: true })
  @IsArray()
  rows?: unknown[] | null;
}

/** Body of `PATCH /api/roles/:id`. */
@InputType('CustomRoleChange', { description: 'What changes; absent fields stay.' })
export class UpdateRoleDto extends PartialType(
  PickType(RoleInputDto, ['name', 'description', 'actions', 'hidden', 'masked', 'granted', 'rows'] as const),
  InputType,
) {}

@ObjectType('CustomRole', { description: 'A role of the organisation’s own: one of the five, narrowed.' })
export class RoleDto {
  @Field(() => ID, { description: 'Its id.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'Its name.', type: () => String }) name!: string;
  @Described({ description: 'What it is for.', type: () => String, optional: true }) description!: string | null;
  @Described({ description: 'The role that it narrows.', type: () => String, oneOf: BASE_ROLES }) base_role!: BaseRole;
  @Described(keys('What is allowed; all of the base role when null.', ['reports:read'])) actions!: Action[] | null;
  @Described({ ...keys('Members that do not exist for the role.', ['spend']), optional: false }) hidden!: string[];
  @Described({ ...keys('Members whose values are empty for the role.', ['customer_id']), optional: false })
  masked!: string[];
  @Described({ ...keys('Members that stay nevertheless.', ['roas']), optional: false }) granted!: string[];
  @Described(ROWS) rows!: unknown[];
  @Described({ description: 'When it was made.', type: () => String }) created_at!: string;
}
