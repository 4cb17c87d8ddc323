import { Body, Controller, Delete, Get, HttpCode, Post, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../../access/identity.js';
import { Allow } from '../../access/permissions.js';
import { MailHostStateDto, MailHostVerificationDto, PutMailHostDto, VerifyMailHostDto } from './mail-host.dto.js';
import { MailHostsService } from './mail-hosts.service.js';

@ApiTags('mail')
@ApiBearerAuth()
@Controller('api/reports/mail-host')
export class MailHostsController {
  constructor(private readonly hosts: MailHostsService) {}

  @Get()
  @Allow('organization:manage')
  @ApiOperation({ summary: 'The organisation’s own mail host', description: 'Never its password.' })
  @ApiResponse({ status: 200, type: MailHostStateDto })
  get(@CurrentIdentity() identity: Identity): Promise<MailHostStateDto> {
    return this.hosts.get(identity);
  }

  @Put()
  @Allow('organization:manage')
  @ApiOperation({
    summary: 'Send reports through a mail host of the organisation’s own',
    description:
      'From the next mail on. The password is kept as a secret; give a new one to rotate it. Hosts in private networks are refused unless the installation allows them.',
  })
  @ApiResponse({ status: 200, type: MailHostStateDto })
  put(@CurrentIdentity() identity: Identity, @Body() body: PutMailHostDto): Promise<MailHostStateDto> {
    return this.hosts.put(identity, body);
  }

  @Delete()
  @HttpCode(204)
  @Allow('organization:manage')
  @ApiOperation({ summary: 'Send reports through the installation’s mail host again' })
  remove(@CurrentIdentity() identity: Identity): Promise<void> {
    return this.hosts.remove(identity);
  }

  @Post('verify')
  @HttpCode(200)
  @Allow('organization:manage')
  @ApiOperation({
    summary: 'Try the organisation’s mail host',
    description: 'A real conversation: connects, agrees on TLS, logs in and, with `to`, sends a test mail.',
  })
  @ApiBody({ type: VerifyMailHostDto, required: false })
  @ApiResponse({ status: 200, type: MailHostVerificationDto })
  verify(@CurrentIdentity() identity: Identity, @Body() body?: VerifyMailHostDto): Promise<MailHostVerificationDto> {
    return this.hosts.verify(identity, body?.to);
  }
}
