import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { PageQuery, page } from '../common/page.js';
import { ShowsSecret } from '../idempotency/shows-secret.js';
import { CreateKeyDto, KeyDto, NewKeyDto, RotateKeyDto } from './keys.dto.js';
import { KeysService } from './keys.service.js';

class KeyListDto {
  @ApiProperty({ type: [KeyDto] }) data!: KeyDto[];
  @ApiProperty({
    nullable: true,
    type: String,
    description: 'Give it back as `cursor` for the next page; null at the end.',
  })
  next_cursor!: string | null;
}

@ApiTags('keys')
@ApiBearerAuth()
@Controller('api/keys')
export class KeysController {
  constructor(private readonly keys: KeysService) {}

  @Get()
  @Allow('keys:manage')
  @ApiOperation({
    summary: 'List API keys',
    description: 'All of the organisation’s, ended ones too, oldest first; without secrets.',
  })
  @ApiResponse({ status: 200, type: KeyListDto })
  async list(@CurrentIdentity() identity: Identity, @Query() query: PageQuery): Promise<KeyListDto> {
    return page(await this.keys.list(identity), query, ({ created_at, id }) => `${created_at}|${id}`);
  }

  @Post()
  @Allow('keys:manage')
  @ShowsSecret()
  @ApiOperation({
    summary: 'Make an API key',
    description:
      'For yourself, for a person (`user_id`), or for a machine (`role`). The whole key is in this answer and can’t be read again. `scopes` narrow it; `expires_at` ends it.',
  })
  @ApiResponse({ status: 201, type: NewKeyDto })
  @ApiResponse({ status: 422, description: '`not_narrower`, `role_of_person`, `already_expired`' })
  create(@CurrentIdentity() identity: Identity, @Body() body: CreateKeyDto): Promise<NewKeyDto> {
    return this.keys.create(identity, body);
  }

  @Get(':id')
  @Allow('keys:manage')
  @ApiOperation({ summary: 'Read one API key', description: 'Without its secret.' })
  @ApiResponse({ status: 200, type: KeyDto })
  get(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<KeyDto> {
    return this.keys.get(identity, id);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('keys:manage')
  @ApiOperation({ summary: 'Revoke an API key', description: 'At once: the next request with it is refused.' })
  revoke(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<void> {
    return this.keys.revoke(identity, id);
  }

  @Post(':id/rotate')
  @Allow('keys:manage')
  @ShowsSecret()
  @ApiOperation({
    summary: 'Make a key’s successor',
    description: 'It may do the same. The old key stays valid for `overlap_hours` (24 when absent, 0 to end it now).',
  })
  @ApiResponse({ status: 201, type: NewKeyDto })
  @ApiResponse({ status: 409, description: '`key_ended`, `already_rotated`' })
  rotate(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Body() body: RotateKeyDto,
  ): Promise<NewKeyDto> {
    return this.keys.rotate(identity, id, body.overlap_hours);
  }
}
