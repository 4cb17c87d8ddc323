import { Readable } from 'node:stream';
import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { CustomerExport, type ExportedRecord } from './customer-export.js';
import { ErasureService } from './erasure.service.js';
import {
  EraseBody,
  ErasureDto,
  ErasureListDto,
  ErasurePreviewDto,
  NewestQuery,
  SubjectBody,
  erasureDto,
} from './protection.dto.js';

@ApiTags('data protection')
@ApiBearerAuth()
@Controller('api/customers')
export class ErasureController {
  constructor(
    private readonly erasures: ErasureService,
    private readonly exports: CustomerExport,
  ) {}

  @Post('export')
  @HttpCode(200)
  @Allow('organization:manage')
  @ApiOperation({
    summary: 'Everything about one customer',
    description:
      'All records of all stores, for every id of the person: one `{"store", "record"}` a line as NDJSON, or with `Accept: application/json` one document. The export is in the audit trail by a keyed hash.',
  })
  @ApiProduces('application/x-ndjson', 'application/json')
  @ApiResponse({ status: 200, description: 'The records, by store.' })
  @ApiResponse({ status: 409, description: '`ambiguous_customer`, `secrets_key_missing`' })
  async export(
    @CurrentIdentity() identity: Identity,
    @Body() body: SubjectBody,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const records = await this.exports.begin(identity, body);
    const isDocument = /\bapplication\/json\b/.test(request.headers.accept ?? '');
    await reply
      .header('content-disposition', `attachment; filename="customer.${isDocument ? 'json' : 'ndjson'}"`)
      .type(isDocument ? 'application/json; charset=utf-8' : 'application/x-ndjson; charset=utf-8')
      .send(Readable.from(isDocument ? documentOf(records) : linesOf(records)));
  }

  @Post('erasures/preview')
  @HttpCode(200)
  @Allow('organization:manage')
  @ApiOperation({ summary: 'What every store has of a customer', description: 'Counts only. Nothing is changed.' })
  @ApiResponse({ status: 200, type: ErasurePreviewDto })
  async preview(@CurrentIdentity() identity: Identity, @Body() body: SubjectBody): Promise<ErasurePreviewDto> {
    return { data: await this.erasures.preview(identity, body) };
  }

  @Post('erasures')
  @HttpCode(202)
  @Allow('organization:manage')
  @ApiOperation({
    summary: 'Erase a customer',
    description:
      'All ids of the person, in all stores. From the answer on, imports don’t bring the person back; the rest is done soon, and the evidence says what became of each store.',
  })
  @ApiResponse({ status: 202, type: ErasureDto })
  @ApiResponse({ status: 409, description: '`ambiguous_customer`, `secrets_key_missing`' })
  async erase(@CurrentIdentity() identity: Identity, @Body() { mode, ...subject }: EraseBody): Promise<ErasureDto> {
    return erasureDto(await this.erasures.start(identity, subject, mode));
  }

  @Get('erasures')
  @Allow('organization:manage')
  @ApiOperation({ summary: 'Erasures and their evidence' })
  @ApiResponse({ status: 200, type: ErasureListDto })
  async list(
    @CurrentIdentity() { organizationId }: Identity,
    @Query() { limit = 100 }: NewestQuery,
  ): Promise<ErasureListDto> {
    return { data: (await this.erasures.list(organizationId, limit)).map(erasureDto) };
  }

  @Get('erasures/:id')
  @Allow('organization:manage')
  @ApiOperation({ summary: 'An erasure and its evidence' })
  @ApiResponse({ status: 200, type: ErasureDto })
  async one(@CurrentIdentity() { organizationId }: Identity, @Param('id') id: string): Promise<ErasureDto> {
    return erasureDto(await this.erasures.get(organizationId, id));
  }
}

async function* linesOf(records: AsyncIterable<ExportedRecord>): AsyncGenerator<string> {
  for await (const each of records) yield `${JSON.stringify(each)}\n`;
}

/** Records of a store come one after another. */
async function* documentOf(records: AsyncIterable<ExportedRecord>): AsyncGenerator<string> {
  let open: string | null = null;
  for await (const { store, record } of records) {
    if (store === open) yield `,${JSON.stringify(record)}`;
    else yield `${open === null ? '{' : '],'}${JSON.stringify(store)}:[${JSON.stringify(record)}`;
    open = store;
  }
  yield open === null ? '{}' : ']}';
}
