import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Controller, Get, Inject, Param, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { actorOf } from '../audit/actor.js';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { PageQuery } from '../common/page.js';
import { Problem } from '../common/problem.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { ImportService } from './import.service.js';
import {
  DataSourceListDto,
  ImportAnswerDto,
  ImportDto,
  ImportListDto,
  RejectListDto,
  dataSourceDto,
  importDto,
  rejectDto,
} from './ingestion.dto.js';
import { RequiresFeature } from '../plans/features.js';
import { PRESETS, parsePreset } from './presets/presets.js';
import { bytesOf, withUpload } from './upload.js';

const EXAMPLE_ROW =
  '{"external_id":"meta:123:2026-01-05","recorded_at":"2026-01-05T00:00:00Z","data_source":"meta_ads",' +
  '"source_category":"external_marketing","campaign_id":"Spring sale","customer_id":null,"asset_id":null,"currency":"USD",' +
  '"data_payload":{"spend":"120.50","clicks":40,"device":"mobile"}}\n';

@ApiTags('data integration')
@ApiBearerAuth()
@Controller('api/integrations')
export class IngestionController {
  constructor(
    private readonly imports: ImportService,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  @Post('rows')
  @Allow('data:write')
  @ApiOperation({
    summary: 'Import rows, one JSON object a line',
    description:
      'Any size, streamed. The same `external_id` (or, without one, the same source, time and dimension values) replaces: ' +
      'sending a file twice changes nothing. A line that can’t be taken is kept with its reason; the others are imported.',
  })
  @ApiConsumes('application/x-ndjson')
  @ApiBody({ schema: { type: 'string', example: EXAMPLE_ROW } })
  @ApiResponse({ status: 201, type: ImportAnswerDto })
  @ApiResponse({ status: 422, description: '`empty_file`: there was no line.' })
  async rows(@CurrentIdentity() identity: Identity, @Req() request: FastifyRequest): Promise<ImportAnswerDto> {
    const body = request.body;
    if (!(body instanceof Readable)) {
      throw new Problem(415, 'unsupported_media_type', 'Send rows as application/x-ndjson, one JSON object a line.');
    }
    try {
      return await this.imports.importStream({
        organizationId: identity.organizationId,
        userId: identity.userId,
        actor: actorOf(identity),
        preset: 'rows',
        stream: bytesOf(body),
      });
    } finally {
      body.resume();
    }
  }

  @Post('import')
  @Allow('data:write')
  @RequiresFeature('external_integrations')
  @ApiOperation({
    summary: 'Import an export of a platform, or any CSV by a mapping',
    description:
      'Any size, streamed. Encoding, separator, title lines, totals, number formats and currency are found out; what can’t ' +
      'be known is asked for, never guessed. With preset `csv` the part `mapping` says what the columns mean.',
  })
  @ApiQuery({ name: 'preset', enum: PRESETS })
  @ApiConsumes('multipart/form-data')
  @ApiBody({
    schema: {
      type: 'object',
      required: ['file'],
      properties: {
        mapping: {
          type: 'string',
          description: 'JSON. Before the file it saves a detour over the disk.',
          example:
            '{"data_source": "klaviyo", "source_category": "external_marketing", "recorded_at": {"column": "Send date"}, "campaign_id": "Campaign"}',
        },
        file: { type: 'string', format: 'binary' },
      },
    },
  })
  @ApiResponse({ status: 201, type: ImportAnswerDto })
  @ApiResponse({ status: 400, description: '`invalid_mapping`, `unknown_preset`, `file_missing`, `upload_incomplete`' })
  @ApiResponse({ status: 422, description: '`unrecognized_export`, `invalid_encoding`, `empty_file`' })
  async import(
    @CurrentIdentity() identity: Identity,
    @Req() request: FastifyRequest,
    @Query('preset') presetName?: string,
  ): Promise<ImportAnswerDto> {
    const preset = parsePreset(presetName);
    return withUpload(request, join(this.config.dataDir, 'uploads'), ({ filename, mapping, stream }) =>
      this.imports.importStream({
        organizationId: identity.organizationId,
        userId: identity.userId,
        actor: actorOf(identity),
        preset,
        mapping,
        filename,
        stream,
      }),
    );
  }

  @Get('imports')
  @Allow('data:status')
  @ApiOperation({ summary: 'List imports', description: 'Newest first.' })
  @ApiResponse({ status: 200, type: ImportListDto })
  async list(@CurrentIdentity() identity: Identity, @Query() query: PageQuery): Promise<ImportListDto> {
    const { data, next_cursor } = await this.imports.reading.list(identity.organizationId, query);
    return { data: data.map(importDto), next_cursor };
  }

  @Get('imports/:id')
  @Allow('data:status')
  @ApiOperation({ summary: 'Read one import' })
  @ApiResponse({ status: 200, type: ImportDto })
  async get(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<ImportDto> {
    return importDto(await this.imports.reading.get(identity.organizationId, id));
  }

  @Get('imports/:id/rejects')
  @Allow('data:status')
  @ApiOperation({ summary: 'List the rejected lines of an import', description: 'In order of the file.' })
  @ApiResponse({ status: 200, type: RejectListDto })
  async rejects(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Query() query: PageQuery,
  ): Promise<RejectListDto> {
    const { data, next_cursor } = await this.imports.reading.rejects(identity.organizationId, id, query);
    return { data: data.map(rejectDto), next_cursor };
  }

  @Get('sources')
  @Allow('data:status')
  @ApiOperation({ summary: 'List data sources and how fresh they are' })
  @ApiResponse({ status: 200, type: DataSourceListDto })
  async sources(@CurrentIdentity() identity: Identity): Promise<DataSourceListDto> {
    const sources = await this.imports.reading.sources(identity.organizationId);
    return { data: sources.map(dataSourceDto), next_cursor: null };
  }
}
