import { nearestNames } from '../../common/nearest.js';
import { unprocessable } from '../../common/problem.js';

/** A header cell as names are compared: lower case, single spaces. */
export const normalized = (cell: string): string =>
  cell
    .replace(/[\s\u00a0\u202f]+/g, ' ')
    .trim()
    .toLowerCase();

/** A payload field named like a column: `Ad set name` → `ad_set_name`, `tv_S` → `tv_s`, `CTR (%)` → `ctr`. */
export function fieldName(cell: string): string {
  const name = cell
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 63);
  return name === '' ? 'column' : /^[a-z]/.test(name) ? name : `c_${name}`.slice(0, 63);
}

/** The columns of a file, found by name. */
export class Header {
  private readonly positions = new Map<string, number>();

  constructor(readonly cells: readonly string[]) {
    cells.forEach((cell, index) => {
      const name = normalized(cell);
      if (!this.positions.has(name)) this.positions.set(name, index);
    });
  }

  get width(): number {
    return this.cells.length;
  }

  /** Position of the first of `names` that is there, else -1. A pattern is tried on every column. */
  find(names: readonly (string | RegExp)[]): number {
    for (const name of names) {
      if (typeof name === 'string') {
        const position = this.positions.get(normalized(name));
        if (position !== undefined) return position;
      } else {
        const position = this.cells.findIndex((cell) => name.test(normalized(cell)));
        if (position >= 0) return position;
      }
    }
    return -1;
  }

  has(name: string): boolean {
    return this.positions.has(normalized(name));
  }
}

/** A column that a preset or mapping can't do without. */
export interface WantedColumn {
  /** As the platform writes it; shown when it is missing. */
  readonly label: string;
  readonly names: readonly (string | RegExp)[];
}

/** @throws Problem `unrecognized_export` saying which columns are missing and the nearest that were found */
export function requireColumns(what: string, header: Header, wanted: readonly WantedColumn[]): void {
  const missing = wanted.filter(({ names }) => header.find(names) < 0);
  if (missing.length === 0) return;
  const found = header.cells.map((cell) => cell.trim()).filter((cell) => cell !== '');
  const byName = new Map(found.map((cell) => [normalized(cell), cell]));
  const errors = missing.map(({ label }) => {
    const suggestions = nearestNames(label, byName.keys()).map((name) => byName.get(name) ?? name);
    const hint = suggestions.length > 0 ? ` (nearest: ${suggestions.map((name) => `"${name}"`).join(', ')})` : '';
    return { code: 'missing_column', message: `no column "${label}"${hint}`, suggestions };
  });
  const shown = found.slice(0, 30).map((cell) => `"${cell.slice(0, 60)}"`);
  throw unprocessable(
    'unrecognized_export',
    `The file does not look like ${what}: ${errors.map(({ message }) => message).join('; ')}. ` +
      `Its columns are ${shown.join(', ') || 'none'}${found.length > 30 ? ', …' : ''}.`,
    errors,
  );
}
