/**
 * An organisation's own definitions as a YAML file: `version`, `metrics` (the fields of `POST /api/marketing/metrics`),
 * `deactivated` (standard keys that it has switched off). See docs/guides/definitions.md.
 */
import { stringify } from 'yaml';
import { nearestNames } from '../common/nearest.js';
import { Problem, badRequest, type ProblemItem } from '../common/problem.js';
import { validationPipe } from '../common/validation.js';
import type { MemberDefinition } from '../compiler/model/types.js';
import { DEFAULT_SOURCE_TABLES, definitionOf, rowOf } from './definition.js';
import { CreateMetricDto } from './metric.dto.js';
import type { OwnDefinitions } from './model-snapshot.entity.js';
import { pointerStep, type YamlContent } from './yaml-content.js';

/** Something to say about a place in a file. Lines and columns are counted from 1. */
export interface FileFinding extends ProblemItem {
  readonly pointer: string;
  readonly severity: 'error' | 'warning';
  readonly line: number;
  readonly column: number;
  readonly metric_key: string | null;
}
export interface FileEntry {
  readonly definition: MemberDefinition;
  /** JSON pointer of the entry in the file. */
  readonly pointer: string;
}

const VERSION = 1;
const PROPERTIES = ['version', 'metrics', 'deactivated'];
const MOST_ENTRIES = 2_000;
const NO_ORGANIZATION = '00000000-0000-0000-0000-000000000000';
const shape = validationPipe();

/** A file that was read; what is wrong with its form stands in `findings`. */
export class DefinitionFile {
  private readonly found: FileFinding[] = [];
  private readonly read: FileEntry[] = [];
  private off: string[] = [];

  private constructor(private readonly yaml: YamlContent) {}

  /** Entries whose form is right, in the order of the file. */
  get entries(): readonly FileEntry[] {
    return this.read;
  }
  get deactivated(): readonly string[] {
    return this.off;
  }
  get findings(): readonly FileFinding[] {
    return this.found;
  }

  /** @param standardKeys keys of the standard library, which `deactivated` may name */
  static async read(yaml: YamlContent, standardKeys: ReadonlySet<string>): Promise<DefinitionFile> {
    const file = new DefinitionFile(yaml);
    await file.readContent(standardKeys);
    return file;
  }

  /** Adds a finding at the place that `item.pointer` names. */
  at(item: ProblemItem, severity: FileFinding['severity'] = 'error'): FileFinding {
    const pointer = item.pointer ?? '';
    const [line, column] = this.place(pointer, item.range);
    return { ...item, pointer, severity, line, column, metric_key: this.keyAt(pointer) };
  }

  private fail(code: string, pointer: string, message: string, suggestions: readonly string[] = []): void {
    this.found.push(this.at({ code, message, pointer, ...(suggestions.length > 0 ? { suggestions } : {}) }));
  }

  private async readContent(standardKeys: ReadonlySet<string>): Promise<void> {
    const { content, mistakes } = this.yaml;
    for (const mistake of mistakes) {
      this.found.push({ code: 'invalid_yaml', severity: 'error', pointer: '', metric_key: null, ...mistake });
    }
    if (mistakes.length > 0) return;
    if (!isObject(content))
      return this.fail('wrong_type', '', 'Expected `version`, `metrics` and `deactivated` at the top.');
    for (const name of Object.keys(content)) {
      if (PROPERTIES.includes(name)) continue;
      const near = nearestNames(name, PROPERTIES);
      this.fail(
        'unknown_field',
        `/${pointerStep(name)}`,
        `There is no field “${name.slice(0, 80)}”; known: ${PROPERTIES.join(', ')}.`,
        near,
      );
    }
    if (content.version !== undefined && content.version !== VERSION) {
      this.fail('unknown_version', '/version', `This version reads files of version ${VERSION}.`);
    }
    await this.readMetrics(this.list(content, 'metrics'));
    this.readDeactivated(this.list(content, 'deactivated'), standardKeys);
  }

  private list(content: Readonly<Record<string, unknown>>, name: string): readonly unknown[] {
    const value = content[name] ?? [];
    if (!Array.isArray(value)) {
      this.fail('wrong_type', `/${name}`, `${name} must be a list.`);
      return [];
    }
    if (value.length <= MOST_ENTRIES) return value;
    this.fail('too_many', `/${name}`, `At most ${MOST_ENTRIES} entries in one file.`);
    return [];
  }

  private async readMetrics(list: readonly unknown[]): Promise<void> {
    const seen = new Set<string>();
    for (const [index, value] of list.entries()) {
      // Others get a turn: checking thousands of entries takes a while.
      if (index % 50 === 49) await new Promise((turn) => setImmediate(turn));
      const pointer = `/metrics/${index}`;
      if (!isObject(value)) {
        this.fail('wrong_type', pointer, 'Expected the fields of a metric or dimension.');
        continue;
      }
      try {
        const given = (await shape.transform(value, { type: 'body', metatype: CreateMetricDto })) as CreateMetricDto;
        if (seen.has(given.metric_key)) {
          this.fail('duplicate_key', `${pointer}/metric_key`, `The file defines ${given.metric_key} twice.`);
          continue;
        }
        seen.add(given.metric_key);
        this.read.push({ definition: definitionOf(rowOf('', NO_ORGANIZATION, given)), pointer });
      } catch (thrown) {
        if (!(thrown instanceof Problem)) throw thrown;
        for (const item of thrown.errors)
          this.found.push(this.at({ ...item, pointer: `${pointer}${item.pointer ?? ''}` }));
      }
    }
  }

  private readDeactivated(list: readonly unknown[], standardKeys: ReadonlySet<string>): void {
    const keys = list.flatMap((key, index): string[] => {
      if (typeof key === 'string' && standardKeys.has(key)) return [key];
      const near = typeof key === 'string' ? nearestNames(key, standardKeys) : [];
      const hint = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : '';
      this.fail(
        'unknown_standard_key',
        `/deactivated/${index}`,
        `deactivated lists keys of the standard library, and “${String(key).slice(0, 80)}” is none.${hint} An own definition is deactivated by leaving it out of a file that replaces all.`,
        near,
      );
      return [];
    });
    this.off = [...new Set(keys)].sort();
  }

  /** Line and column of what a pointer names, or of the nearest thing around it that is there. */
  private place(pointer: string, range?: readonly [number, number]): [number, number] {
    for (let near = pointer; ; near = near.slice(0, near.lastIndexOf('/'))) {
      const place = this.yaml.places[near];
      if (place) {
        const into = near === pointer && range && place.text !== null ? place.text + range[0] : 0;
        return [place.line, place.column + into];
      }
      if (near === '') return [1, 1];
    }
  }

  private keyAt(pointer: string): string | null {
    const index = /^\/metrics\/(\d+)/.exec(pointer)?.[1];
    const { content } = this.yaml;
    const list = isObject(content) && Array.isArray(content.metrics) ? (content.metrics as unknown[]) : [];
    const entry = list[Number(index ?? -1)];
    return isObject(entry) && typeof entry.metric_key === 'string' ? entry.metric_key : null;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The problem that refuses a file. @param findings at least one error */
export function fileProblem(findings: readonly FileFinding[], of: (items: readonly ProblemItem[]) => Problem): Problem {
  return of(
    findings
      .filter(({ severity }) => severity === 'error')
      .map(({ line, column: _column, severity: _severity, metric_key: _key, message, ...item }) => ({
        ...item,
        message: `Line ${line}: ${message}`,
      })),
  );
}
export const invalidFile = (items: readonly ProblemItem[]): Problem =>
  badRequest('invalid_file', items[0]?.message ?? 'The file can’t be read.', items);

/** The file of an organisation's definitions: no comments, ordered by key, what is null or default left out. */
export function writeDefinitionFile({ metrics, deactivated }: OwnDefinitions): string {
  const sorted = [...metrics].sort((a, b) => (a.metric_key < b.metric_key ? -1 : 1));
  return stringify({ version: VERSION, metrics: sorted.map(written), deactivated }, { lineWidth: 0 });
}

function written({ id: _id, ...definition }: OwnDefinitions['metrics'][number]): Record<string, unknown> {
  const plainTables = definition.source_tables.join() === DEFAULT_SOURCE_TABLES.join();
  const left = (name: string, value: unknown): boolean =>
    value == null ||
    (name === 'source_tables' && plainTables) ||
    (name === 'alias_keys' && definition.alias_keys.length === 0);
  return Object.fromEntries(
    Object.entries(definition).flatMap(([name, value]) => (left(name, value) ? [] : [[name, readable(value)]])),
  );
}

/** The order in which people write conditions and windows; the database keeps none. */
const FIRST = ['kind', 'metric', 'member', 'operator', 'values', 'count', 'unit', 'output', 'from', 'to', 'days'];
const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);

function readable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readable);
  if (!isObject(value)) return value;
  const sorted = Object.entries(value).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, part]) => [name, readable(part)]));
}
