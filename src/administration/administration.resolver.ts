import { Args, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { badRequest } from '../common/problem.js';
import { ShowsSecret } from '../idempotency/shows-secret.js';
import { CreateKeyDto, KeyDto, NewKeyDto } from './keys.dto.js';
import { KeysService } from './keys.service.js';
import { OrganizationDto, UpdateOrganizationDto } from './organization.dto.js';
import { OrganizationService } from './organization.service.js';
import {
  AddUserDto,
  RoleDto,
  RoleInputDto,
  TeamDto,
  TeamInputDto,
  UpdateRoleDto,
  UpdateUserDto,
  UserDto,
} from './people.dto.js';
import { RolesService } from './roles.service.js';
import { TeamsService } from './teams.service.js';
import { UsersService } from './users.service.js';

const Id = (description = 'Its id.', name = 'id'): ParameterDecorator => Args(name, { type: () => ID, description });
const Input = (description: string): ParameterDecorator => Args('input', { description });

/** Each of these is what the REST door of the same kind does. */
@Resolver(() => UserDto)
export class PeopleResolver {
  constructor(
    private readonly users: UsersService,
    private readonly teams: TeamsService,
    private readonly roles: RolesService,
  ) {}

  @Query(() => [UserDto], { name: 'users', description: 'The people of the organisation.' })
  @Allow('users:manage')
  listUsers(@CurrentIdentity() identity: Identity): Promise<UserDto[]> {
    return this.users.list(identity);
  }
  @Mutation(() => UserDto, { name: 'addUser', description: 'Adds a person.' })
  @Allow('users:manage')
  addUser(@CurrentIdentity() identity: Identity, @Input('The person.') input: AddUserDto): Promise<UserDto> {
    return this.users.add(identity, input);
  }
  @Mutation(() => UserDto, { name: 'updateUser', description: 'Changes what a person may do.' })
  @Allow('users:manage')
  updateUser(
    @CurrentIdentity() identity: Identity,
    @Id() id: string,
    @Input('What changes.') input: UpdateUserDto,
  ): Promise<UserDto> {
    return this.users.update(identity, id, input);
  }
  @Mutation(() => Boolean, { name: 'removeUser', description: 'Removes a person; true when it is done.' })
  @Allow('users:manage')
  async removeUser(@CurrentIdentity() identity: Identity, @Id() id: string): Promise<boolean> {
    await this.users.remove(identity, id);
    return true;
  }

  @Query(() => [TeamDto], { name: 'teams', description: 'Teams, with their people.' })
  @Allow('users:manage')
  listTeams(@CurrentIdentity() identity: Identity): Promise<TeamDto[]> {
    return this.teams.list(identity);
  }
  @Mutation(() => TeamDto, { name: 'createTeam', description: 'Makes a team.' })
  @Allow('users:manage')
  createTeam(@CurrentIdentity() identity: Identity, @Input('The team.') input: TeamInputDto): Promise<TeamDto> {
    return this.teams.create(identity, input);
  }
  @Mutation(() => TeamDto, { name: 'renameTeam', description: 'Renames a team.' })
  @Allow('users:manage')
  renameTeam(
    @CurrentIdentity() identity: Identity,
    @Id() id: string,
    @Input('The team.') input: TeamInputDto,
  ): Promise<TeamDto> {
    return this.teams.rename(identity, id, input);
  }
  @Mutation(() => Boolean, { name: 'deleteTeam', description: 'Deletes a team; true when it is gone.' })
  @Allow('users:manage')
  async deleteTeam(@CurrentIdentity() identity: Identity, @Id() id: string): Promise<boolean> {
    await this.teams.delete(identity, id);
    return true;
  }
  @Mutation(() => TeamDto, { name: 'addTeamMember', description: 'Adds a person to a team.' })
  @Allow('users:manage')
  addMember(
    @CurrentIdentity() identity: Identity,
    @Id() id: string,
    @Id('The person’s id.', 'user_id') userId: string,
  ): Promise<TeamDto> {
    return this.teams.addMember(identity, id, userId);
  }
  @Mutation(() => TeamDto, { name: 'removeTeamMember', description: 'Takes a person out of a team.' })
  @Allow('users:manage')
  removeMember(
    @CurrentIdentity() identity: Identity,
    @Id() id: string,
    @Id('The person’s id.', 'user_id') userId: string,
  ): Promise<TeamDto> {
    return this.teams.removeMember(identity, id, userId);
  }

  @Query(() => [RoleDto], { name: 'customRoles', description: 'Roles of the organisation’s own.' })
  @Allow('users:manage')
  listRoles(@CurrentIdentity() identity: Identity): Promise<RoleDto[]> {
    return this.roles.list(identity);
  }
  @Mutation(() => RoleDto, { name: 'createCustomRole', description: 'Makes a role: one of the five, narrowed.' })
  @Allow('users:manage')
  createRole(@CurrentIdentity() identity: Identity, @Input('The role.') input: RoleInputDto): Promise<RoleDto> {
    return this.roles.create(identity, input);
  }
  @Mutation(() => RoleDto, { name: 'updateCustomRole', description: 'Changes a role.' })
  @Allow('users:manage')
  updateRole(
    @CurrentIdentity() identity: Identity,
    @Id() id: string,
    @Input('What changes.') input: UpdateRoleDto,
  ): Promise<RoleDto> {
    return this.roles.update(identity, id, input);
  }
  @Mutation(() => Boolean, {
    name: 'deleteCustomRole',
    description: 'Deletes a role that nobody has; true when it is gone.',
  })
  @Allow('users:manage')
  async deleteRole(@CurrentIdentity() identity: Identity, @Id() id: string): Promise<boolean> {
    await this.roles.delete(identity, id);
    return true;
  }
}

@Resolver(() => KeyDto)
export class KeysResolver {
  constructor(
    private readonly keys: KeysService,
    private readonly organizations: OrganizationService,
  ) {}

  @Query(() => OrganizationDto, { name: 'organization', description: 'The organisation.' })
  @Allow('identity:read')
  organization(@CurrentIdentity() identity: Identity): Promise<OrganizationDto> {
    return this.organizations.get(identity);
  }
  @Mutation(() => OrganizationDto, { name: 'updateOrganization', description: 'Renames the organisation.' })
  @Allow('organization:manage')
  updateOrganization(
    @CurrentIdentity() identity: Identity,
    @Input('What changes.') input: UpdateOrganizationDto,
  ): Promise<OrganizationDto> {
    return this.organizations.update(identity, input);
  }

  @Query(() => [KeyDto], { name: 'apiKeys', description: 'API keys, without their secrets, oldest first.' })
  @Allow('keys:manage')
  list(@CurrentIdentity() identity: Identity): Promise<KeyDto[]> {
    return this.keys.list(identity);
  }
  @Mutation(() => NewKeyDto, { name: 'createApiKey', description: 'Makes a key; it is shown this once.' })
  @Allow('keys:manage')
  @ShowsSecret()
  create(@CurrentIdentity() identity: Identity, @Input('The key.') input: CreateKeyDto): Promise<NewKeyDto> {
    return this.keys.create(identity, input);
  }
  @Mutation(() => NewKeyDto, {
    name: 'rotateApiKey',
    description: 'Makes a key’s successor; the old one goes on for some hours.',
  })
  @Allow('keys:manage')
  @ShowsSecret()
  rotate(
    @CurrentIdentity() identity: Identity,
    @Id() id: string,
    @Args('overlap_hours', {
      type: () => Int,
      nullable: true,
      description: 'Hours for which the old key stays valid; 24 when absent.',
    })
    overlapHours?: number | null,
  ): Promise<NewKeyDto> {
    const hours = overlapHours ?? null;
    if (hours !== null && (hours < 0 || hours > 720))
      throw badRequest('invalid_request', 'overlap_hours is from 0 to 720.');
    return this.keys.rotate(identity, id, hours);
  }
  @Mutation(() => Boolean, { name: 'revokeApiKey', description: 'Ends a key at once; true when it is done.' })
  @Allow('keys:manage')
  async revoke(@CurrentIdentity() identity: Identity, @Id() id: string): Promise<boolean> {
    await this.keys.revoke(identity, id);
    return true;
  }
}
