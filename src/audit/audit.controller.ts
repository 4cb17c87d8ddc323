import { Readable } from 'node:stream';
import { Controller, Get, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { badRequest } from '../common/problem.js';
import type { PlannedColumn } from '../compiler/query/types.js';
import { csvLines } from '../reports/render/csv.js';
import { actorOf } from './actor.js';
import type { AuditEntry } from './audit-chain.js';
import { AuditReading } from './audit-reading.service.js';
import { AuditTrail } from './audit-trail.js';
import { AuditExportQuery, AuditListDto, AuditQuery, AuditVerificationDto, VerifyQuery } from './audit.dto.js';

@ApiTags('audit')
@ApiBearerAuth()
@Controller('api/audit')
export class AuditController {
  constructor(
    private readonly reading: AuditReading,
    private readonly audit: AuditTrail,
  ) {}

  @Get()
  @Allow('audit:read')
  @ApiOperation({
    summary: 'Who did what',
    description: 'Every write, every export and every delivery of the organisation’s data, newest first.',
  })
  @ApiResponse({ status: 200, type: AuditListDto })
  list(@CurrentIdentity() identity: Identity, @Query() query: AuditQuery): Promise<AuditListDto> {
    return this.reading.list(identity.organizationId, query);
  }

  @Get('verify')
  @Allow('audit:read')
  @ApiOperation({
    summary: 'Check the audit trail',
    description:
      'Whether every entry is there and unchanged. Note `seq` and `hash` of the answer outside of this system and send them with the next check: then not even who writes to the database can put another chain in its place.',
  })
  @ApiResponse({ status: 200, type: AuditVerificationDto })
  verify(@CurrentIdentity() identity: Identity, @Query() { seq, hash }: VerifyQuery): Promise<AuditVerificationDto> {
    if ((seq === undefined) !== (hash === undefined)) {
      throw badRequest(
        'invalid_request',
        'Send seq and hash together: the number of an entry and the hash noted for it.',
      );
    }
    return this.reading.verify(
      identity.organizationId,
      seq === undefined || hash === undefined ? undefined : { seq, hash },
    );
  }

  @Get('export')
  @Allow('audit:read')
  @ApiOperation({
    summary: 'The audit trail as a file',
    description:
      'NDJSON (what `tributary audit verify --file` checks) or CSV, oldest first. The export is an entry itself.',
  })
  @ApiProduces('application/x-ndjson', 'text/csv')
  @ApiResponse({ status: 200, description: 'One entry a line.' })
  async export(
    @CurrentIdentity() identity: Identity,
    @Query() { format = 'ndjson', ...filter }: AuditExportQuery,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { organizationId } = identity;
    await this.audit.recordAlone({
      organizationId,
      actor: actorOf(identity),
      action: 'audit.export',
      entity: ['audit_trail', null],
      after: { format, filter: { ...filter } },
    });
    const entries = this.reading.entries(organizationId, filter);
    const lines = format === 'csv' ? csvLines(COLUMNS, cells(entries)) : json(entries);
    await reply
      .header('content-disposition', `attachment; filename="audit.${format}"`)
      .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8')
      .send(Readable.from(lines));
  }
}

const NAMES = [
  'organization_id',
  'seq',
  'at',
  'actor_user_id',
  'actor_key_id',
  'actor_role',
  'door',
  'action',
  'entity_type',
  'entity_id',
  'before',
  'after',
  'prev_hash',
  'hash',
] as const satisfies readonly (keyof AuditEntry)[];

/** As the CSV writer knows columns. */
const COLUMNS = NAMES.map((name): Pick<PlannedColumn, 'name' | 'label' | 'type'> => ({
  name,
  label: name,
  type: name === 'seq' ? 'integer' : 'string',
})) as PlannedColumn[];

async function* cells(entries: AsyncIterable<AuditEntry>): AsyncGenerator<(string | number | null)[]> {
  for await (const entry of entries) {
    yield NAMES.map((name) => {
      const value = entry[name];
      return typeof value === 'string' || typeof value === 'number' || value === null ? value : JSON.stringify(value);
    });
  }
}

async function* json(entries: AsyncIterable<AuditEntry>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`;
}
