/** From a cell to a payload value, by the rules of its column. */
import { fault, shown, type Fault } from '../canonical.js';
import type { CellType } from '../mapping.js';
import { WHOLE_FIELDS, type FieldType } from '../standard-fields.js';
import type { DecimalMark } from '../values/decimal.js';
import type { InstantReader } from '../values/instant.js';
import { MarkVotes, isMissing, readNumber, type NumberFormat } from '../values/number-text.js';
import type { PayloadValue } from '../values/payload.js';

/** A cell that is written like a number and not like an id: no leading zeros, at most 15 digits before the point. */
const NUMBER_LIKE =
  /^[(+−-]?\s*[$€£¥]?\s*[-−]?(?!0\d)\d{1,15}(?:[.,'’\s\u00a0\u202f]\d+)*\s*[%$€£¥]?\)?$|^-?\d(?:\.\d+)?[eE][+-]?\d{2}$/;
/** Columns of ids and codes are text even where they hold digits only. */
const CODE_COLUMN = /(?:^|_)(?:id|ids|code|sku|zip|postcode|postal_code|phone|number|nr)$/;
const TRUTH: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  '1': true,
  false: false,
  no: false,
  '0': false,
};

export interface ColumnRule {
  /** Payload field. */
  readonly field: string;
  readonly position: number;
  readonly type: CellType;
  /** Declared by the mapping, or null. */
  readonly decimal: DecimalMark | null;
}

/** The rule for a column that nobody described: numbers where the field is known as one, else by value. */
export function ruleFor(
  field: string,
  position: number,
  fields: readonly FieldType[],
  decimal: DecimalMark | null,
): ColumnRule {
  const known = fields.find(({ name }) => name === field)?.data_type;
  const numeric = known === 'integer' || known === 'float' || known === 'currency';
  const type: CellType = numeric ? 'number' : known === 'string' || CODE_COLUMN.test(field) ? 'string' : 'auto';
  return { field, position, type, decimal };
}

/** A text cell without the apostrophe by which spreadsheets keep digits as text. */
export const plainText = (cell: string): string => {
  const text = cell.trim();
  return /^'[\d=+@-]/.test(text) ? text.slice(1) : text;
};

/** Reads the cells of one column. */
class ColumnReader {
  readonly votes = new MarkVotes();
  private format: NumberFormat = { mark: null };

  constructor(
    readonly rule: ColumnRule,
    private readonly dates: InstantReader,
  ) {}

  learn(cell: string): void {
    const text = cell.trim();
    if (this.rule.type === 'number' || (this.rule.type === 'auto' && NUMBER_LIKE.test(text))) this.votes.add(text);
  }

  settle(file: MarkVotes): void {
    const own = this.votes.verdict;
    const all = file.verdict;
    const detected = own === '.' || own === ',' ? own : own === 'none' && (all === '.' || all === ',') ? all : null;
    this.format = { mark: this.rule.decimal ?? detected, whole: WHOLE_FIELDS.has(this.rule.field) };
  }

  put(cell: string, payload: Map<string, PayloadValue>): Fault | null {
    const { field, type } = this.rule;
    switch (type) {
      case 'string':
        payload.set(field, plainText(cell));
        return null;
      case 'boolean': {
        const truth = TRUTH[cell.trim().toLowerCase()];
        if (truth === undefined) return fault('not_a_boolean', `${field}: ${shown(cell)} is neither true nor false`);
        payload.set(field, truth);
        return null;
      }
      case 'date': {
        const reading = this.dates.read(cell);
        if (reading.kind === 'unreadable') return fault('not_a_date', `${field}: ${reading.reason}`);
        payload.set(field, reading.iso.endsWith('T00:00:00.000Z') ? reading.iso.slice(0, 10) : reading.iso);
        return null;
      }
      case 'auto':
        if (!NUMBER_LIKE.test(cell.trim())) {
          if (!this.putBound(cell, payload)) payload.set(field, plainText(cell));
          return null;
        }
        return this.putNumber(cell, payload);
      case 'number':
        return this.putNumber(cell, payload);
      default:
        return type satisfies never;
    }
  }

  private putBound(cell: string, payload: Map<string, PayloadValue>): boolean {
    const reading = readNumber(cell, this.format);
    if (reading.kind !== 'bound') return false;
    payload.set(`${this.rule.field}_text`, reading.text);
    return true;
  }

  private putNumber(cell: string, payload: Map<string, PayloadValue>): Fault | null {
    const { field, type } = this.rule;
    const reading = readNumber(cell, this.format);
    switch (reading.kind) {
      case 'number':
        payload.set(field, reading.value);
        return null;
      case 'missing':
        return null;
      case 'bound':
        payload.set(`${field}_text`, reading.text);
        return null;
      case 'text':
        if (type === 'number') return fault('not_a_number', `${field}: ${shown(cell)} is not a number`);
        payload.set(field, plainText(cell));
        return null;
      case 'ambiguous':
        return fault(
          'ambiguous_number',
          `${field}: ${shown(cell)} can be read in two ways; say "decimal": "." or "decimal": "," in the mapping`,
        );
      case 'other_mark':
        return fault(
          'ambiguous_number',
          `${field}: ${shown(cell)} is not written with the decimal mark "${this.format.mark}" that the mapping or the rest of the file has`,
        );
      case 'too_large':
        return fault('number_too_large', `${field}: ${shown(cell)} has more than 20 digits before the point`);
      default:
        return reading satisfies never;
    }
  }
}

/** Reads the cells of a record into a payload. */
export class CellsReader {
  private readonly columns: readonly ColumnReader[];
  private readonly nulls: ReadonlySet<string>;

  /** @param sample records from the beginning of the file; they tell the decimal mark where it is not declared */
  constructor(
    rules: readonly ColumnRule[],
    sample: readonly (readonly string[])[],
    nullValues: readonly string[],
    dates: InstantReader,
  ) {
    this.columns = rules.map((rule) => new ColumnReader(rule, dates));
    this.nulls = new Set(nullValues.map((text) => text.trim()));
    const file = new MarkVotes();
    for (const column of this.columns) {
      for (const cells of sample) column.learn(cells[column.rule.position] ?? '');
      file.merge(column.votes);
    }
    for (const column of this.columns) column.settle(file);
  }

  /** Missing cells leave no field behind. */
  read(cells: readonly string[], payload: Map<string, PayloadValue>): Fault | null {
    for (const column of this.columns) {
      const cell = cells[column.rule.position] ?? '';
      if (this.isNull(cell)) continue;
      const wrong = column.put(cell, payload);
      if (wrong) return wrong;
    }
    return null;
  }

  isNull(cell: string): boolean {
    return isMissing(cell) || (this.nulls.size > 0 && this.nulls.has(cell.trim()));
  }
}
