import { Body, Controller, Delete, Get, HttpCode, Param, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { SecretDto, SecretListDto, SecretValueDto } from './secrets.dto.js';
import { SecretsService } from './secrets.service.js';

@ApiTags('data protection')
@ApiBearerAuth()
@Controller('api/secrets')
export class SecretsController {
  constructor(private readonly secrets: SecretsService) {}

  @Get()
  @Allow('organization:manage')
  @ApiOperation({ summary: 'Secrets by name', description: 'Their values are never told.' })
  @ApiResponse({ status: 200, type: SecretListDto })
  async list(@CurrentIdentity() identity: Identity): Promise<SecretListDto> {
    return { data: await this.secrets.list(identity) };
  }

  @Put(':name')
  @Allow('organization:manage')
  @ApiOperation({
    summary: 'Keep a secret',
    description:
      'Sealed with AES-256-GCM under the installation’s key; one of the same name is replaced. Audited by its name.',
  })
  @ApiParam({ name: 'name', example: 'connector.meta_ads.token' })
  @ApiResponse({ status: 200, type: SecretDto })
  @ApiResponse({ status: 400, description: '`invalid_secret`: its name or its size.' })
  @ApiResponse({ status: 409, description: '`secrets_key_missing`: the installation has no `SECRETS_KEY`.' })
  put(
    @CurrentIdentity() identity: Identity,
    @Param('name') name: string,
    @Body() { value }: SecretValueDto,
  ): Promise<SecretDto> {
    return this.secrets.put(identity, name, value);
  }

  @Delete(':name')
  @HttpCode(204)
  @Allow('organization:manage')
  @ApiOperation({ summary: 'Take a secret away' })
  @ApiParam({ name: 'name', example: 'connector.meta_ads.token' })
  remove(@CurrentIdentity() identity: Identity, @Param('name') name: string): Promise<void> {
    return this.secrets.remove(identity, name);
  }
}
