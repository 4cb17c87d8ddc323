import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import {
  BounceDto,
  BounceReplyDto,
  MailSettingsDto,
  NewSuppressionDto,
  SuppressionDto,
  SuppressionListDto,
  SuppressionQuery,
} from './mail.dto.js';
import { MailService } from './mail.service.js';

@ApiTags('mail')
@ApiBearerAuth()
@Controller('api/reports')
export class MailController {
  constructor(private readonly mail: MailService) {}

  @Get('mail-settings')
  @Allow('reports:deliver')
  @ApiOperation({ summary: 'Where reports may be mailed to' })
  @ApiResponse({ status: 200, type: MailSettingsDto })
  settings(@CurrentIdentity() identity: Identity): Promise<MailSettingsDto> {
    return this.mail.settings(identity);
  }

  @Put('mail-settings')
  @Allow('organization:manage')
  @ApiOperation({
    summary: 'Set the domains that reports may be mailed to',
    description: 'Checked at save and at send.',
  })
  @ApiResponse({ status: 200, type: MailSettingsDto })
  change(@CurrentIdentity() identity: Identity, @Body() body: MailSettingsDto): Promise<MailSettingsDto> {
    return this.mail.change(identity, body);
  }

  @Get('suppressions')
  @Allow('organization:manage')
  @ApiOperation({ summary: 'Addresses that get no reports', description: 'Newest first, with the reason.' })
  @ApiResponse({ status: 200, type: SuppressionListDto })
  list(@CurrentIdentity() identity: Identity, @Query() query: SuppressionQuery): Promise<SuppressionListDto> {
    return this.mail.suppressions(identity, query);
  }

  @Post('suppressions')
  @Allow('organization:manage')
  @ApiOperation({ summary: 'Send no more reports to an address' })
  @ApiResponse({ status: 201, type: SuppressionDto })
  suppress(@CurrentIdentity() identity: Identity, @Body() body: NewSuppressionDto): Promise<SuppressionDto> {
    return this.mail.suppress(identity, body);
  }

  @Delete('suppressions/:id')
  @HttpCode(204)
  @Allow('organization:manage')
  @ApiOperation({ summary: 'Send reports to an address again' })
  allowAgain(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<void> {
    return this.mail.allowAgain(identity, id);
  }

  @Post('bounces')
  @HttpCode(200)
  @Allow('organization:manage')
  @ApiOperation({
    summary: 'Report a mail that came back',
    description: 'For the hook of a mail provider. Hard bounces and complaints suppress the address.',
  })
  @ApiResponse({ status: 200, type: BounceReplyDto })
  bounce(@CurrentIdentity() identity: Identity, @Body() body: BounceDto): Promise<BounceReplyDto> {
    return this.mail.bounce(identity, body);
  }
}
