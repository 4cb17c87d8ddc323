import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { OrganizationDto, UpdateOrganizationDto } from './organization.dto.js';
import { OrganizationService } from './organization.service.js';

@ApiTags('organization')
@ApiBearerAuth()
@Controller('api/organization')
export class OrganizationController {
  constructor(private readonly organizations: OrganizationService) {}

  @Get()
  @Allow('identity:read')
  @ApiOperation({
    summary: 'The organisation',
    description: 'Organisations are made on the command line: `tributary org create`.',
  })
  @ApiResponse({ status: 200, type: OrganizationDto })
  get(@CurrentIdentity() identity: Identity): Promise<OrganizationDto> {
    return this.organizations.get(identity);
  }

  @Patch()
  @Allow('organization:manage')
  @ApiOperation({
    summary: 'Rename the organisation',
    description: 'Currency, time zone and calendar: PATCH /api/organization/settings.',
  })
  @ApiResponse({ status: 200, type: OrganizationDto })
  update(@CurrentIdentity() identity: Identity, @Body() body: UpdateOrganizationDto): Promise<OrganizationDto> {
    return this.organizations.update(identity, body);
  }
}
