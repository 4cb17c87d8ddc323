import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { policyOf } from '../access/policy.js';
import type { PlannedColumn, ReportRequest } from '../compiler/query/types.js';
import type { CellValue } from '../reports/render/document.js';
import { csvHead, csvOf, ndjsonOf, type RowBatches } from '../reports/render/csv.js';
import { xlsxBytes } from '../reports/render/xlsx.js';
import { Plans } from '../plans/plans.service.js';
import { csvStatement } from './csv-statement.js';
import { QueryService, type OpenResult, type RunOptions } from './query.service.js';
import { MEDIA_TYPES, formatFromAccept, type ResultFormat } from './result-format.js';
import { queryCancelled } from '../engine/engine-error.js';
import { WARNINGS_HEADER, warningsHeader } from './warnings-header.js';
import { presentValue, type PresentedValue } from '../compiler/query/present.js';

export interface ReplyOptions {
  readonly format?: ResultFormat;
  readonly explain?: boolean;
  /** Base name that a browser offers when it saves the file. */
  readonly filename?: string;
  /** The saved report that is run, for the audit trail; none for a question of its own. */
  readonly viewId?: string;
}

/** Writes the answer to a report request in the format that was asked for. */
@Injectable()
export class QueryReply {
  constructor(
    private readonly queries: QueryService,
    private readonly audit: AuditTrail,
    private readonly plans: Plans,
  ) {}

  async send(
    identity: Identity,
    wanted: ReportRequest,
    request: FastifyRequest,
    reply: FastifyReply,
    options: ReplyOptions = {},
  ): Promise<void> {
    const format = options.format ?? formatFromAccept(request.headers.accept);
    const policy = policyOf(identity);
    const asker = new Asker(identity.state, options.explain ?? false, reply);
    reply.header('vary', 'Accept').type(MEDIA_TYPES[format]);
    if (format === 'json') {
      const text = this.queries.runText(policy, wanted, asker);
      void reply.send(text instanceof Promise ? await text : text);
      return;
    }
    await this.plans.require(identity, 'advanced_analytics');
    const result = await this.queries.open(policy, wanted, asker);
    const { columns } = result.plan;
    const { source, content } =
      format === 'csv' && result.text !== null
        ? await begun(result.text(csvStatement), (lines) => headed(csvHead(columns), lines))
        : await begun(presentedBatches(result), (batches) => encoded(format, columns, batches));
    // What reads the engine ends with the answer, however that ends: a generator that nobody has read from yet would not
    // hear that it is to return.
    const release = (): void => void source.return(undefined).catch(() => undefined);
    try {
      // Before any row leaves: what can't be recorded is not handed out.
      await this.audit.recordAlone({
        organizationId: identity.organizationId,
        actor: actorOf(identity),
        action: options.viewId === undefined ? 'data.export' : 'report.export',
        entity: options.viewId === undefined ? ['query', null] : ['report_view', options.viewId],
        after: { format, request: wanted, snapshot: result.snapshot },
      });
      if (asker.signal.aborted) throw queryCancelled();
    } catch (error) {
      release();
      throw error;
    }
    reply.raw.once('close', release);
    reply.header('x-snapshot', result.snapshot);
    const warnings = warningsHeader([...result.plan.warnings, ...result.end.warnings]);
    if (warnings !== null) reply.header(WARNINGS_HEADER, warnings);
    if (options.filename) reply.header('content-disposition', attachment(options.filename, format));
    await reply.send(Readable.from(content, { objectMode: true }));
  }
}

/**
 * Who waits for an answer. A class, since V8 keeps the shape of each object literal that has a getter, and with it the whole
 * request, until it next collects all garbage.
 */
class Asker implements RunOptions {
  constructor(
    readonly state: RunOptions['state'],
    readonly explain: boolean,
    private readonly reply: FastifyReply,
  ) {}

  /** Watched from when it is asked for: an answer from the cache leaves nothing to stop. */
  get signal(): AbortSignal {
    return goneSignal(this.reply);
  }
}

/** The header that makes a browser save the answer under a name. */
export function attachment(filename: string, extension: string): string {
  const name = filename.replaceAll(/[^A-Za-z0-9]+/g, '-').replaceAll(/^-|-$/g, '') || 'report';
  return `attachment; filename="${name}.${extension}"`;
}

function encoded(
  format: Exclude<ResultFormat, 'json'>,
  columns: readonly PlannedColumn[],
  batches: RowBatches,
): AsyncIterable<string | Uint8Array> {
  switch (format) {
    case 'csv':
      return csvOf(columns, batches);
    case 'ndjson':
      return ndjsonOf(columns, batches);
    case 'xlsx':
      return xlsxBytes(columns, rowsOf(batches));
    case 'arrow':
      return arrowOf(columns, batches);
    default:
      return format satisfies never;
  }
}

/** What writes Arrow is loaded for the first such answer. */
async function* arrowOf(columns: readonly PlannedColumn[], batches: RowBatches): AsyncGenerator<Uint8Array> {
  const { arrowBytes } = await import('../reports/render/arrow.js');
  yield* arrowBytes(columns, rowsOf(batches));
}

const goneSignals = new WeakMap<FastifyReply, AbortSignal>();

/** Aborts when the other side is gone before it has the whole answer. One signal for each reply. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const known = goneSignals.get(reply);
  if (known !== undefined) return known;
  const gone = new AbortController();
  const closed = (): void => {
    if (!reply.raw.writableFinished) gone.abort();
  };
  if (reply.raw.closed) closed();
  else reply.raw.once('close', closed);
  goneSignals.set(reply, gone.signal);
  return gone.signal;
}

/**
 * What is made of the items, after the first one is there: what fails before it can still be said with a status.
 * @returns `source`: the items themselves, which have begun and are to be closed
 */
async function begun<T, U>(
  source: AsyncGenerator<T>,
  make: (items: AsyncGenerator<T>) => AsyncIterable<U>,
): Promise<{ readonly source: AsyncGenerator<T>; readonly content: AsyncIterable<U> }> {
  const first = await source.next();
  const items = async function* (): AsyncGenerator<T> {
    if (!first.done) yield first.value;
    yield* source;
  };
  return { source, content: make(items()) };
}

async function* headed(head: string, lines: AsyncGenerator<Uint8Array>): AsyncGenerator<string | Uint8Array> {
  yield head;
  yield* lines;
}

/** Rows of a result as presented values in the order of the columns. */
export async function* presentedBatches(result: OpenResult): AsyncGenerator<readonly (readonly PresentedValue[])[]> {
  const { columns } = result.plan;
  for await (const batch of result.batches) {
    yield batch.map((row) => columns.map((column, index) => presentValue(row[index] ?? null, column)));
  }
}

async function* rowsOf(batches: RowBatches): AsyncGenerator<readonly CellValue[]> {
  for await (const batch of batches) yield* batch;
}
