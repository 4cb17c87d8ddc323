import { Body, Controller, Delete, Get, HttpCode, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { RequiresFeature } from '../plans/features.js';
import { BrandingDto, CurrentBrandingDto } from './branding.dto.js';
import { BrandingService } from './branding.service.js';

@ApiTags('organization')
@ApiBearerAuth()
@Controller('api/organization/branding')
export class BrandingController {
  constructor(private readonly branding: BrandingService) {}

  @Get()
  @Allow('identity:read')
  @ApiOperation({ summary: 'Name, colour, footer and logo on the organisation’s reports' })
  @ApiResponse({ status: 200, type: CurrentBrandingDto })
  get(@CurrentIdentity() identity: Identity): Promise<CurrentBrandingDto> {
    return this.branding.get(identity);
  }

  @Put()
  @Allow('organization:manage')
  @RequiresFeature('white_label')
  @ApiOperation({
    summary: 'Set how reports look',
    description: 'The whole of it: what is absent is taken away. Reports that are made from now on show it.',
  })
  @ApiBody({
    type: BrandingDto,
    examples: { agency: { value: { name: 'Brightside Agency', accent: '#7a1fa2', footer: 'Confidential' } } },
  })
  @ApiResponse({ status: 200, type: CurrentBrandingDto })
  @ApiResponse({
    status: 400,
    description: '`invalid_request`: too large, no picture, or a colour that is hard to see.',
  })
  @ApiResponse({ status: 403, description: '`feature_not_enabled`: the plan has no `white_label`.' })
  put(@CurrentIdentity() identity: Identity, @Body() body: unknown): Promise<CurrentBrandingDto> {
    return this.branding.put(identity, body);
  }

  @Delete()
  @HttpCode(204)
  @Allow('organization:manage')
  @ApiOperation({ summary: 'Go back to plain reports' })
  delete(@CurrentIdentity() identity: Identity): Promise<void> {
    return this.branding.delete(identity);
  }
}
