/** Any table, by a mapping. */
import { badRequest } from '../../common/problem.js';
import type { SourceCategory } from '../../engine/engine.js';
import { isCurrency } from '../../common/currency.js';
import { fault, type RowDraft } from '../canonical.js';
import type { TextRecord } from '../decode/records.js';
import { invalidMapping, type Mapping } from '../mapping.js';
import type { RowSource, SourceOptions } from '../row-source.js';
import { CellsReader, plainText, ruleFor, type ColumnRule } from '../table/cells.js';
import { fieldName, requireColumns, type Header, type WantedColumn } from '../table/header.js';
import { TableSource, type TableReader } from '../table/table-source.js';
import { InstantReader } from '../values/instant.js';
import type { PayloadValue } from '../values/payload.js';
import { uniqueName } from './ads.js';

const IDS = ['campaign_id', 'customer_id', 'asset_id'] as const;
type Id = (typeof IDS)[number];

interface Target {
  readonly data_source: string;
  readonly source_category: SourceCategory;
  readonly recorded_at: string;
}

/** @throws Problem `mapping_required` or `invalid_mapping` when the mapping does not say where rows come from */
export function openCsv(options: SourceOptions): RowSource {
  const { mapping, sink } = options;
  const target = targetOf(mapping);
  const wanted = wantedColumns(mapping, target);
  return new TableSource(
    {
      searchesHeader: false,
      score: (header) => wanted.filter(({ names }) => header.find(names) >= 0).length,
      open: (header, sample) => {
        requireColumns('what the mapping describes', header, wanted);
        return new MappedReader(options, target, header, sample);
      },
    },
    mapping,
    sink,
  );
}

function targetOf(mapping: Mapping): Target {
  const { data_source, source_category, recorded_at } = mapping;
  if (data_source !== null && source_category !== null && recorded_at.column !== null) {
    return { data_source, source_category, recorded_at: recorded_at.column };
  }
  const missing = [
    ...(data_source === null ? ['data_source'] : []),
    ...(source_category === null ? ['source_category'] : []),
    ...(recorded_at.column === null ? ['recorded_at'] : []),
  ];
  if (missing.length === 3) {
    throw badRequest(
      'mapping_required',
      'The preset csv needs a mapping, as a JSON part named "mapping", e.g. {"data_source": "my_shop", "source_category": "external_revenue", "recorded_at": {"column": "date"}}.',
    );
  }
  throw invalidMapping(
    missing.map((key) => ({
      code: 'invalid_mapping',
      message: `${key} is missing in the mapping`,
      pointer: `/${key}`,
    })),
  );
}

function wantedColumns(mapping: Mapping, target: Target): WantedColumn[] {
  const names = new Set([target.recorded_at]);
  for (const field of Object.values(mapping.fields ?? {})) names.add(field.column);
  for (const id of IDS) if (mapping[id] !== null) names.add(mapping[id]);
  if (mapping.external_id !== null) names.add(mapping.external_id);
  if (mapping.currency !== null && !isCurrency(mapping.currency)) names.add(mapping.currency);
  if (Array.isArray(mapping.identity)) for (const column of mapping.identity as string[]) names.add(column);
  return [...names].map((name) => ({ label: name, names: [name] }));
}

class MappedReader implements TableReader {
  private readonly cells: CellsReader;
  private readonly dates: InstantReader;
  private readonly at: Readonly<Record<Id | 'recorded_at' | 'external_id' | 'currency', number>>;
  private readonly identity: readonly number[] | null;
  private readonly fieldDefaults: readonly (readonly [string, PayloadValue])[];

  constructor(
    private readonly options: SourceOptions,
    private readonly target: Target,
    private readonly header: Header,
    sample: readonly TextRecord[],
  ) {
    const { mapping } = options;
    const at = (column: string | null): number => (column === null ? -1 : header.find([column]));
    this.at = {
      recorded_at: at(target.recorded_at),
      campaign_id: at(mapping.campaign_id),
      customer_id: at(mapping.customer_id),
      asset_id: at(mapping.asset_id),
      external_id: at(mapping.external_id),
      currency: at(mapping.currency),
    };
    this.identity = Array.isArray(mapping.identity) ? (mapping.identity as string[]).map(at) : null;
    const zone = mapping.recorded_at.time_zone ?? 'UTC';
    this.dates = new InstantReader({ format: mapping.recorded_at.format, time_zone: zone });
    this.cells = new CellsReader(
      this.rules(),
      sample.map(({ cells }) => cells),
      mapping.null_values,
      new InstantReader({ format: null, time_zone: zone }),
    );
    this.fieldDefaults = Object.entries(mapping.defaults).filter(([name]) => !isHeadName(name));
  }

  read(record: TextRecord): void {
    const { options, at, target } = this;
    const { mapping, sink } = options;
    const { cells } = record;
    const refuse = (code: string, reason: string): void => sink.reject(record.line, fault(code, reason), record.raw);
    if (cells.length !== this.header.width) {
      refuse('wrong_cell_count', `the line has ${cells.length} cells, the header has ${this.header.width}`);
      return;
    }
    const date = this.dates.read(cells[at.recorded_at] ?? '');
    if (date.kind === 'unreadable') {
      refuse('bad_recorded_at', `${target.recorded_at}: ${date.reason}`);
      return;
    }
    const payload = new Map<string, PayloadValue>();
    const wrong = this.cells.read(cells, payload);
    if (wrong) {
      sink.reject(record.line, wrong, record.raw);
      return;
    }
    for (const [name, value] of this.fieldDefaults) if (!payload.has(name)) payload.set(name, value);
    const external_id = this.text(cells, 'external_id');
    if (mapping.external_id !== null && external_id === null) {
      refuse('no_external_id', `${mapping.external_id}: the external_id is missing`);
      return;
    }
    sink.row(
      {
        recorded_at: date.iso,
        data_source: target.data_source,
        source_category: target.source_category,
        campaign: this.text(cells, 'campaign_id'),
        customer: this.text(cells, 'customer_id'),
        asset: this.text(cells, 'asset_id'),
        currency: this.currency(cells),
        external_id,
        identity: this.identityOf(record, date.iso),
        payload,
        attribution: null,
        line: record.line,
      } satisfies RowDraft,
      record.raw,
    );
  }

  end(): void {
    // Each record is a row of its own; nothing is held back.
  }

  private rules(): ColumnRule[] {
    const { mapping, fields } = this.options;
    if (mapping.fields) {
      return Object.entries(mapping.fields).map(([field, { column, type, decimal }]) => {
        const position = this.header.find([column]);
        const mark = decimal ?? mapping.decimal;
        return type === 'auto' ? ruleFor(field, position, fields, mark) : { field, position, type, decimal: mark };
      });
    }
    const used = new Set(Object.values(this.at));
    const names = new Set<string>();
    return this.header.cells.flatMap((cell, position) => {
      if (used.has(position)) return [];
      const field = uniqueName(fieldName(cell), names);
      names.add(field);
      return [ruleFor(field, position, fields, mapping.decimal)];
    });
  }

  private text(cells: readonly string[], key: Id | 'external_id' | 'currency'): string | null {
    const position = this.at[key];
    const cell = position < 0 ? '' : (cells[position] ?? '');
    if (!this.cells.isNull(cell)) return plainText(cell);
    const value = this.options.mapping.defaults[key];
    return value === undefined ? null : String(value);
  }

  private currency(cells: readonly string[]): string | null {
    const { currency } = this.options.mapping;
    return this.text(cells, 'currency')?.toUpperCase() ?? (this.at.currency < 0 ? currency : null);
  }

  /** `line`: the line's number and text, so that equal lines are rows of their own and the same file adds nothing. */
  private identityOf(record: TextRecord, recordedAt: string): readonly string[] | null {
    if (this.options.mapping.identity === 'line') return ['line', String(record.line), record.raw];
    if (this.identity) return [recordedAt, ...this.identity.map((position) => plainText(record.cells[position] ?? ''))];
    return null;
  }
}

const isHeadName = (name: string): boolean =>
  (IDS as readonly string[]).includes(name) || name === 'currency' || name === 'external_id';
