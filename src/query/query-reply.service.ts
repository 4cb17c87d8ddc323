import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Identity } from '../access/identity.js';
import type { ReportRequest } from '../compiler/query/types.js';
import { csvLines, ndjsonLines } from '../reports/render/csv.js';
import { QueryService, type OpenResult } from './query.service.js';
import { MEDIA_TYPES, formatFromAccept, type ResultFormat } from './result-format.js';
import { presentValue, type PresentedValue } from '../compiler/query/present.js';

export interface ReplyOptions {
  readonly format?: ResultFormat;
  readonly explain?: boolean;
  /** Base name that a browser offers when it saves the file. */
  readonly filename?: string;
}

/** Writes the answer to a report request in the format that was asked for. */
@Injectable()
export class QueryReply {
  constructor(private readonly queries: QueryService) {}

  async send(
    identity: Identity,
    wanted: ReportRequest,
    request: FastifyRequest,
    reply: FastifyReply,
    options: ReplyOptions = {},
  ): Promise<void> {
    const format = options.format ?? formatFromAccept(request.headers.accept);
    const gone = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) gone.abort();
    });
    reply.header('vary', 'Accept').type(MEDIA_TYPES[format]);
    if (format === 'json') {
      await reply.send(
        await this.queries.run(identity.organizationId, wanted, {
          explain: options.explain ?? false,
          signal: gone.signal,
        }),
      );
      return;
    }
    const result = await this.queries.open(identity.organizationId, wanted, { signal: gone.signal });
    reply.header('x-snapshot', result.snapshot);
    if (options.filename) {
      const name = options.filename.replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^-|-$/g, '') || 'report';
      reply.header('content-disposition', `attachment; filename="${name}.${format}"`);
    }
    const lines =
      format === 'csv'
        ? csvLines(result.plan.columns, presentedRows(result))
        : ndjsonLines(result.plan.columns, presentedRows(result));
    await reply.send(Readable.from(lines, { objectMode: true }));
  }
}

/** Rows of a result, one by one, as presented values in the order of the columns. */
export async function* presentedRows(result: OpenResult): AsyncGenerator<readonly PresentedValue[]> {
  const { columns } = result.plan;
  for await (const batch of result.batches) {
    for (const row of batch) yield columns.map((column, index) => presentValue(row[index] ?? null, column));
  }
}
