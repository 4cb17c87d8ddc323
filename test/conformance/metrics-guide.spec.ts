/** Runs every example of `docs/guides/metrics.md` on every engine. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package-root.js';
import { Problem, type ProblemItem } from '../../src/common/problem.js';
import type { CompiledModel } from '../../src/compiler/cube/compile.js';
import { buildModel } from '../../src/compiler/model/build.js';
import type { Model } from '../../src/compiler/model/types.js';
import { planQuery } from '../../src/compiler/query/plan.js';
import { presentValue } from '../../src/compiler/query/present.js';
import type { ReportRequest } from '../../src/compiler/query/types.js';
import { definitionOf, rowOf, type GivenDefinition } from '../../src/metrics/definition.js';
import { LibraryService } from '../../src/metrics/library.service.js';
import { readReportRequest } from '../../src/query/request.js';
import { compiledFor } from './compiled.js';
import { ORGANIZATION, row, type Payload } from './rows.js';
import { clickhouseStore, load, postgresStore, run, type Store } from './stores.js';

interface Block {
  readonly role: string;
  readonly text: string;
}
interface Example {
  readonly request: ReportRequest;
  readonly expected: { readonly rows: unknown } | { readonly problem: unknown };
}

/** Fenced blocks whose info string has a second word. */
const blocksOf = (markdown: string): Block[] =>
  [...markdown.matchAll(/^```(?:json|ndjson) (\w+)\n([\s\S]*?)^```$/gm)].map(([, role = '', text = '']) => ({
    role,
    text,
  }));

const guide = await readFile(join(packageRoot, 'docs/guides/metrics.md'), 'utf8');
const blocks = blocksOf(guide);
const of = (role: string): string[] => blocks.filter((block) => block.role === role).map(({ text }) => text);

const rows = of('rows')
  .flatMap((text) => text.trim().split('\n'))
  .map((line, index) => {
    const given = JSON.parse(line) as {
      readonly recorded_at: string;
      readonly data_source: string;
      readonly customer_id?: string;
      readonly data_payload: Payload;
    };
    const { recorded_at: at, data_source: source, data_payload: payload, customer_id: customer } = given;
    return row({ at, source, payload, ...(customer === undefined ? {} : { customer }) }, index);
  });
const definitions = of('definition').map((text, index) =>
  definitionOf(rowOf(`0000000${index}`, ORGANIZATION, JSON.parse(text) as GivenDefinition)),
);
const examples = blocks.flatMap(({ role, text }, index): Example[] => {
  if (role !== 'request') return [];
  const next = blocks[index + 1];
  const request = readReportRequest(JSON.parse(text));
  if (next?.role === 'answer') return [{ request, expected: { rows: JSON.parse(next.text) } }];
  if (next?.role === 'problem') return [{ request, expected: { problem: JSON.parse(next.text) } }];
  throw new Error(`A request without an answer: ${text}`);
});

const model: Model = buildModel({
  standard: new LibraryService().library.members,
  organization: definitions,
  settings: { currency: 'USD', time_zone: 'UTC', week_start: 1 },
});

describe('the guide', () => {
  it('has examples', () => {
    expect([rows.length, definitions.length > 10, examples.length > 8]).toEqual([6, true, true]);
  });

  it('has definitions with nothing to say of', () => {
    const own = model.members.filter(({ origin }) => origin === 'organization');
    expect(own.flatMap(({ diagnostics }) => diagnostics.map(({ code }) => code))).toEqual([]);
  });
});

const ENGINES: readonly (readonly [string, () => Promise<Store>])[] = [
  ['ClickHouse', clickhouseStore],
  ['Postgres', postgresStore],
];

describe.each(ENGINES)('the guide on %s', (_, open) => {
  let store: Store;
  let compiled: CompiledModel;

  beforeAll(async () => {
    store = await open();
    compiled = await compiledFor(store.engine.dialect, model);
    await load(store.engine, ORGANIZATION, rows);
  }, 60_000);
  afterAll(() => store.close());

  async function answer(request: ReportRequest): Promise<Example['expected']> {
    const refused = ({ code, pointer }: ProblemItem): Example['expected'] => ({ problem: { code, pointer } });
    try {
      const plan = await planQuery({
        snapshot: { model },
        compiled,
        request,
        dialect: store.engine.dialect,
        organizationId: ORGANIZATION,
        now: new Date('2026-02-15T12:00:00Z'),
        maxRows: 1000,
      });
      for (const { statement, most, problem } of plan.checks) {
        const [[found] = []] = await run(store.engine, ORGANIZATION, statement);
        if (Number(found) > most) return refused(problem);
      }
      const values = await run(store.engine, ORGANIZATION, plan.statement);
      return {
        rows: values.map((each) =>
          Object.fromEntries(
            plan.columns.map((column, index) => [column.name, presentValue(each[index] ?? null, column)]),
          ),
        ),
      };
    } catch (error) {
      const [first] = error instanceof Problem ? error.errors : [];
      if (first) return refused(first);
      throw error;
    }
  }

  it.each(examples.map((example) => [JSON.stringify(example.request.metrics), example] as const))(
    '%s',
    async (_metrics, { request, expected }) => {
      expect(await answer(request)).toEqual(expected);
    },
  );
});
