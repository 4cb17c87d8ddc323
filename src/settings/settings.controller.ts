import { Body, Controller, Get, Patch } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { OrganizationSettingsDto, UpdateSettingsDto, WrittenSettingsDto } from './settings.dto.js';
import { SettingsService } from './settings.service.js';

@ApiTags('organization')
@ApiBearerAuth()
@Controller('api/organization/settings')
export class SettingsController {
  constructor(private readonly settings: SettingsService) {}

  @Get()
  @Allow('identity:read')
  @ApiOperation({ summary: 'Currency, time zone, week and fiscal year of the organisation' })
  @ApiResponse({ status: 200, type: OrganizationSettingsDto })
  get(@CurrentIdentity() { organizationId }: Identity): Promise<OrganizationSettingsDto> {
    return this.settings.get(organizationId);
  }

  @Patch()
  @Allow('organization:manage')
  @ApiOperation({
    summary: 'Change settings',
    description:
      'Absent fields stay. The change publishes a new snapshot of the model, which is live when this returns.',
  })
  @ApiBody({
    type: UpdateSettingsDto,
    examples: { fiscal: { value: { week_start: 7, fiscal_year_start: 4 } }, currency: { value: { currency: 'EUR' } } },
  })
  @ApiResponse({ status: 200, type: WrittenSettingsDto })
  @ApiResponse({ status: 400, description: '`invalid_request`: names each field that is wrong.' })
  update(@CurrentIdentity() identity: Identity, @Body() body: UpdateSettingsDto): Promise<WrittenSettingsDto> {
    return this.settings.update(identity, body);
  }
}
