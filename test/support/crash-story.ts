/**
 * A server that is killed in the middle of an import of 200,000 rows: whatever the moment, what was acknowledged stays,
 * an import is there wholly or not at all, and importing again leaves exact totals.
 */
import { once } from 'node:events';
import { ImportWatch, type ImportMoment } from './import-watch.js';
import { embeddedDatabaseUrl, embeddedPostmaster } from './records.js';
import { ndjson, piecesOf, sumsOf, type RowBatch, type SourceSum } from './row-batch.js';
import { sendStream } from './send-stream.js';
import { TestServer } from './server.js';

const ROWS = 200_000;
/** Longest time of a round, on a busy machine. */
export const ROUND_MS = 300_000;
/** What was sure to hold when the server was killed. */
type Certainty = 'before' | 'either' | 'after';

export interface Round {
  /** Kill when this share of the bytes was sent, or once the import was seen at a moment and so many ms went by. */
  readonly when: { readonly sent: number } | { readonly seen: ImportMoment; readonly plusMs: number };
  /** New rows; or the newest batch again, with every second row revised; or both in one import. */
  readonly what: 'new' | 'restated' | 'restated and new';
  /** The machine stops: Postgres is killed, too. */
  readonly withDatabase?: true;
}

export const ALL_ROUNDS: readonly Round[] = [
  { what: 'new', when: { sent: 0.02 } },
  { what: 'restated', when: { sent: 0.6 } },
  { what: 'new', when: { seen: 'counting', plusMs: 0 } },
  { what: 'restated', when: { seen: 'counting', plusMs: 0 } },
  { what: 'restated', when: { seen: 'committing', plusMs: 0 } },
  { what: 'restated', when: { seen: 'done', plusMs: 0 } },
  { what: 'new', when: { seen: 'committing', plusMs: 0 }, withDatabase: true },
  { what: 'restated and new', when: { seen: 'committing', plusMs: 20 } },
  { what: 'new', when: { sent: 0.3 } },
  { what: 'restated', when: { sent: 1 } },
  { what: 'restated', when: { seen: 'counting', plusMs: 100 } },
  { what: 'restated', when: { seen: 'committing', plusMs: 60 } },
  { what: 'new', when: { seen: 'done', plusMs: 0 } },
  { what: 'restated and new', when: { seen: 'counting', plusMs: 40 } },
  { what: 'restated', when: { seen: 'committing', plusMs: 120 }, withDatabase: true },
  { what: 'new', when: { sent: 0.85 } },
  { what: 'restated', when: { sent: 0.95 }, withDatabase: true },
  { what: 'restated', when: { seen: 'committing', plusMs: 200 } },
  { what: 'restated and new', when: { seen: 'committing', plusMs: 5 } },
  { what: 'restated', when: { seen: 'committing', plusMs: 400 } },
];

/** What is stored, by batch. */
type Stored = Readonly<Record<string, RowBatch>>;

interface Answer {
  readonly read: number;
  readonly loaded: number;
  readonly replaced: number;
  readonly unchanged: number;
  readonly rejected: number;
}

export class CrashStory {
  private server!: TestServer;
  private watch!: ImportWatch;
  /** What was certain in the rounds in which the sender got no answer. */
  readonly unanswered: Certainty[] = [];
  private stored: Stored = {};
  private count = 0;

  constructor(
    private readonly dataDir: string,
    private readonly env: Readonly<Record<string, string>> = {},
  ) {}

  async begin(): Promise<void> {
    await this.start();
    const created = await this.server.json('/api/marketing/metrics', {
      metric_key: 'stored_rows',
      display_label: 'Stored rows',
      category: 'platform',
      metric_type: 'metric',
      data_type: 'integer',
      aggregation: 'count',
      expression: '*',
    });
    expect(created.status).toBe(201);
    await this.importWhole({ name: 'acknowledged first', rows: 1_000, revision: 0 });
  }

  async round({ what, when, withDatabase }: Round): Promise<void> {
    const batch = this.next(what);
    const before = this.stored;
    const after = { ...before, [batch.name]: batch };

    const previous = await this.newestImport();
    const certain = await this.importAndKill(batch, when, withDatabase ?? false);
    await this.start();

    // Before anything is sent again: all of it or nothing, and nothing of what was there before is touched.
    const found = await this.sums();
    if (certain === 'before') expect(found).toEqual(expected(before));
    else if (certain === 'after') expect(found).toEqual(expected(after));
    else expect([expected(before), expected(after)]).toContainEqual(found);
    const isThere = JSON.stringify(found) === JSON.stringify(expected(after));
    const newest = await this.newestImport();
    // What was sent may still have been on its way when the server died; then there is no import, and nothing of it.
    if (newest?.import_id === previous?.import_id) expect(isThere).toBe(false);
    else expect(newest?.state).toBe(isThere ? 'done' : 'aborted');

    const fresh = batch.rows - (before[batch.name]?.rows ?? 0);
    const revised = batch.rows - fresh === 0 ? 0 : Math.ceil((batch.rows - fresh) / 2);
    expect(await this.importWhole(batch)).toMatchObject({
      read: batch.rows,
      rejected: 0,
      loaded: isThere ? 0 : fresh,
      replaced: isThere ? 0 : revised,
      unchanged: isThere ? batch.rows : batch.rows - fresh - revised,
    });
    expect(await this.sums()).toEqual(expected(after));
  }

  async end(): Promise<void> {
    await this.watch?.close();
    await this.server?.end();
  }

  private async start(): Promise<void> {
    this.server = await TestServer.start({ dataDir: this.dataDir, env: this.env });
    this.watch = await ImportWatch.open(this.env.DATABASE_URL ?? embeddedDatabaseUrl(this.dataDir));
  }

  private next(what: Round['what']): RowBatch {
    const newest = Object.values(this.stored).at(-1);
    if (what === 'new' || newest === undefined) {
      return { name: `batch ${++this.count}`, rows: ROWS, revision: 0 };
    }
    const rows = what === 'restated and new' ? newest.rows + ROWS / 10 : newest.rows;
    return { name: newest.name, rows, revision: newest.revision + 1 };
  }

  /** @returns what the server has promised or shown by the time it died */
  private async importAndKill(batch: RowBatch, when: Round['when'], withDatabase: boolean): Promise<Certainty> {
    const previous = await this.watch.newest();
    const kill = async (): Promise<void> => {
      const postmaster = withDatabase ? embeddedPostmaster(this.dataDir) : null;
      const dead = once(this.server.process, 'exit');
      this.server.process.kill('SIGKILL');
      if (postmaster !== null) process.kill(postmaster, 'SIGKILL');
      await dead;
    };
    let certain: Certainty = 'before';
    let watching: Promise<void> | undefined;
    const watchFor = async (moment: ImportMoment, plusMs: number): Promise<void> => {
      const seen = await this.watch.reaches(moment, previous);
      await new Promise((resolve) => setTimeout(resolve, plusMs));
      certain = seen === 'committing' || seen === 'done' ? 'after' : 'either';
      await kill();
    };
    const sending = sendStream(this.server.base, '/api/integrations/rows', ndjson(batch), {
      contentType: 'application/x-ndjson',
      onSent: async (pieces) => {
        if ('sent' in when && pieces >= Math.ceil(when.sent * piecesOf(batch))) await kill();
      },
      onEnd: () => {
        if ('seen' in when) watching = watchFor(when.seen, when.plusMs);
      },
    });
    const [sent] = await Promise.allSettled([sending]);
    await watching;
    await this.watch.close();
    if (sent.status === 'rejected') {
      this.unanswered.push(certain);
      return certain;
    }
    // The answer was faster than the blow: what it acknowledged must be there.
    expect(sent.value).toMatchObject({ status: 201 });
    return 'after';
  }

  private async importWhole(batch: RowBatch): Promise<Answer> {
    const { status, text } = await sendStream(this.server.base, '/api/integrations/rows', ndjson(batch), {
      contentType: 'application/x-ndjson',
    });
    expect({ status, text }).toMatchObject({ status: 201 });
    this.stored = { ...this.stored, [batch.name]: batch };
    return JSON.parse(text) as Answer;
  }

  /** All sums, through the door that users ask at. */
  private async sums(): Promise<Record<string, SourceSum>> {
    const { status, body } = await this.server.json<{
      rows: { campaign_name: string; data_source: string; stored_rows: number; spend: string }[];
    }>('/api/query', {
      metrics: ['stored_rows', 'spend'],
      dimensions: ['campaign_name', 'data_source'],
      date_range: { from: '2026-01-01', to: '2026-12-31' },
    });
    expect(status).toBe(200);
    return sorted(
      body.rows.map((row) => [
        `${row.campaign_name} · ${row.data_source}`,
        { rows: row.stored_rows, spend: row.spend },
      ]),
    );
  }

  private async newestImport(): Promise<{ readonly import_id: string; readonly state: string } | undefined> {
    const { body } = await this.server.json<{ data: { import_id: string; state: string }[] }>(
      '/api/integrations/imports?limit=1',
    );
    return body.data[0];
  }
}

const expected = (stored: Stored): Record<string, SourceSum> =>
  sorted(
    Object.values(stored).flatMap((batch) =>
      Object.entries(sumsOf(batch)).map(([source, sum]): [string, SourceSum] => [`${batch.name} · ${source}`, sum]),
    ),
  );

const sorted = (entries: [string, SourceSum][]): Record<string, SourceSum> =>
  Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));

export const titled = (rounds: readonly Round[]): [string, Round][] =>
  rounds.map((round) => {
    const { what, when, withDatabase } = round;
    const moment = 'sent' in when ? `${when.sent * 100} % sent` : `${when.seen} + ${when.plusMs} ms`;
    return [`${what} rows, killed at: ${moment}${withDatabase ? ', the database too' : ''}`, round];
  });
