import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { PageQuery, page } from '../common/page.js';
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

const NEXT = {
  nullable: true,
  type: String,
  description: 'Give it back as `cursor` for the next page; null at the end.',
};
class UserListDto {
  @ApiProperty({ type: [UserDto] }) data!: UserDto[];
  @ApiProperty(NEXT) next_cursor!: string | null;
}
class TeamListDto {
  @ApiProperty({ type: [TeamDto] }) data!: TeamDto[];
  @ApiProperty(NEXT) next_cursor!: string | null;
}
class RoleListDto {
  @ApiProperty({ type: [RoleDto] }) data!: RoleDto[];
  @ApiProperty(NEXT) next_cursor!: string | null;
}
/** Sorts as the lists do: by name, and the id where names meet. */
const byName = (name: string, id: string): string => `${name.toLowerCase()}|${id}`;
const sorted = <T>(items: readonly T[], key: (item: T) => string): T[] =>
  [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));

@ApiTags('people')
@ApiBearerAuth()
@Controller('api/users')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get()
  @Allow('users:manage')
  @ApiOperation({
    summary: 'List the people of the organisation',
    description: 'By address, with role, campaigns and teams.',
  })
  @ApiResponse({ status: 200, type: UserListDto })
  async list(@CurrentIdentity() identity: Identity, @Query() query: PageQuery): Promise<UserListDto> {
    const key = ({ email, id }: UserDto): string => byName(email, id);
    return page(sorted(await this.users.list(identity), key), query, key);
  }

  @Post()
  @Allow('users:manage')
  @ApiOperation({
    summary: 'Add a person',
    description:
      'With one of the five roles or a custom one. Whoever is known by the address in another organisation is the same person. Nothing is sent; make a key with POST /api/keys, or let the identity provider sign in.',
  })
  @ApiResponse({ status: 201, type: UserDto })
  @ApiResponse({ status: 409, description: '`already_member`' })
  add(@CurrentIdentity() identity: Identity, @Body() body: AddUserDto): Promise<UserDto> {
    return this.users.add(identity, body);
  }

  @Get(':id')
  @Allow('users:manage')
  @ApiOperation({ summary: 'Read one person' })
  @ApiResponse({ status: 200, type: UserDto })
  get(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<UserDto> {
    return this.users.get(identity, id);
  }

  @Patch(':id')
  @Allow('users:manage')
  @ApiOperation({
    summary: 'Change what a person may do',
    description: 'Holds from the person’s next request, for keys and tokens alike.',
  })
  @ApiResponse({ status: 200, type: UserDto })
  @ApiResponse({ status: 409, description: '`last_admin`: nobody would be left to administer.' })
  update(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Body() body: UpdateUserDto,
  ): Promise<UserDto> {
    return this.users.update(identity, id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('users:manage')
  @ApiOperation({
    summary: 'Remove a person',
    description: 'Ends the person’s keys here, at once; what they made stays.',
  })
  remove(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<void> {
    return this.users.remove(identity, id);
  }
}

@ApiTags('people')
@ApiBearerAuth()
@Controller('api/teams')
export class TeamsController {
  constructor(private readonly teams: TeamsService) {}

  @Get()
  @Allow('users:manage')
  @ApiOperation({ summary: 'List teams', description: 'With their people. One’s own teams are in GET /api/me.' })
  @ApiResponse({ status: 200, type: TeamListDto })
  async list(@CurrentIdentity() identity: Identity, @Query() query: PageQuery): Promise<TeamListDto> {
    const key = ({ name, id }: TeamDto): string => byName(name, id);
    return page(sorted(await this.teams.list(identity), key), query, key);
  }

  @Post()
  @Allow('users:manage')
  @ApiOperation({
    summary: 'Make a team',
    description: 'Report views with the visibility `team` are shared by its people.',
  })
  @ApiResponse({ status: 201, type: TeamDto })
  @ApiResponse({ status: 409, description: '`name_taken`' })
  create(@CurrentIdentity() identity: Identity, @Body() body: TeamInputDto): Promise<TeamDto> {
    return this.teams.create(identity, body);
  }

  @Get(':id')
  @Allow('users:manage')
  @ApiOperation({ summary: 'Read one team' })
  @ApiResponse({ status: 200, type: TeamDto })
  get(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<TeamDto> {
    return this.teams.get(identity, id);
  }

  @Patch(':id')
  @Allow('users:manage')
  @ApiOperation({ summary: 'Rename a team' })
  @ApiResponse({ status: 200, type: TeamDto })
  rename(@CurrentIdentity() identity: Identity, @Param('id') id: string, @Body() body: TeamInputDto): Promise<TeamDto> {
    return this.teams.rename(identity, id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('users:manage')
  @ApiOperation({
    summary: 'Delete a team',
    description: 'Its views are then seen by their owners and administrators.',
  })
  delete(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<void> {
    return this.teams.delete(identity, id);
  }

  @Put(':id/members/:userId')
  @Allow('users:manage')
  @ApiOperation({ summary: 'Add a person to a team', description: 'Adding who is in it already changes nothing.' })
  @ApiResponse({ status: 200, type: TeamDto })
  addMember(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Param('userId') userId: string,
  ): Promise<TeamDto> {
    return this.teams.addMember(identity, id, userId);
  }

  @Delete(':id/members/:userId')
  @Allow('users:manage')
  @ApiOperation({ summary: 'Take a person out of a team' })
  @ApiResponse({ status: 200, type: TeamDto })
  removeMember(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Param('userId') userId: string,
  ): Promise<TeamDto> {
    return this.teams.removeMember(identity, id, userId);
  }
}

@ApiTags('people')
@ApiBearerAuth()
@Controller('api/roles')
export class RolesController {
  constructor(private readonly roles: RolesService) {}

  @Get()
  @Allow('users:manage')
  @ApiOperation({ summary: 'List the organisation’s own roles' })
  @ApiResponse({ status: 200, type: RoleListDto })
  async list(@CurrentIdentity() identity: Identity, @Query() query: PageQuery): Promise<RoleListDto> {
    const key = ({ name, id }: RoleDto): string => byName(name, id);
    return page(sorted(await this.roles.list(identity), key), query, key);
  }

  @Post()
  @Allow('users:manage')
  @ApiOperation({
    summary: 'Make a role of the organisation’s own',
    description:
      'One of the five, narrowed: to some actions, to rows that meet conditions, without hidden members and what is calculated from them, with masked ones empty.',
  })
  @ApiResponse({ status: 201, type: RoleDto })
  @ApiResponse({ status: 422, description: '`unknown_member`, `not_narrower`, or as a query’s filters.' })
  create(@CurrentIdentity() identity: Identity, @Body() body: RoleInputDto): Promise<RoleDto> {
    return this.roles.create(identity, body);
  }

  @Get(':id')
  @Allow('users:manage')
  @ApiOperation({ summary: 'Read one role' })
  @ApiResponse({ status: 200, type: RoleDto })
  get(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<RoleDto> {
    return this.roles.get(identity, id);
  }

  @Patch(':id')
  @Allow('users:manage')
  @ApiOperation({ summary: 'Change a role', description: 'Holds from the next request of whoever has it.' })
  @ApiResponse({ status: 200, type: RoleDto })
  update(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Body() body: UpdateRoleDto,
  ): Promise<RoleDto> {
    return this.roles.update(identity, id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('users:manage')
  @ApiOperation({ summary: 'Delete a role' })
  @ApiResponse({ status: 409, description: '`role_in_use`' })
  delete(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<void> {
    return this.roles.delete(identity, id);
  }
}
