/** Saved reports as relations of the schema `reports`: one row for each row that the report shows. */
import type { PlannedColumn, ReportRequest } from '../compiler/query/types.js';
import { comment, type MeasureKind, type Relation, type RelationColumn } from './relation.js';

export interface SavedReport {
  readonly id: string;
  readonly report_name: string;
  readonly request: ReportRequest;
  readonly columns: readonly PlannedColumn[];
}

/** Postgres cuts longer names. */
const NAME_BYTES = 63;

/**
 * @param reports those that the asker may see, the oldest first: of several that would have the same name, it has the
 *   plain one, and the others have the end of their id after it
 * @param wide all that the asker may see of the model
 */
export function reportRelations(reports: readonly SavedReport[], wide: Relation): Relation[] {
  const taken = new Set<string>();
  const kinds = new Map(wide.columns.map(({ name, measure }) => [name, measure]));
  return reports.map(({ id, report_name, request, columns }) => {
    const plain = safeName(report_name);
    const name = taken.has(plain) ? safeName(report_name, `_${id.replaceAll('-', '').slice(-8)}`) : plain;
    taken.add(name);
    return {
      schema: 'reports',
      name,
      comment: comment(report_name, 'A saved report, as it is shown.'),
      content: { kind: 'report', request },
      columns: columns.map((column) => columnOf(column, kinds)),
    };
  });
}

/** Letters, digits and `_` of any script, in lower case, so that it needs no quotes in most of them. */
export function safeName(text: string, end = ''): string {
  const words = text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '');
  const start = words === '' ? 'report' : /^\p{N}/u.test(words) ? `_${words}` : words;
  return cut(start, NAME_BYTES - end.length) + end;
}

function cut(text: string, most: number): string {
  let size = 0;
  let kept = '';
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > most) break;
    kept += character;
  }
  return kept;
}

function columnOf(
  { name, label, role, type, unit, description }: PlannedColumn,
  kinds: ReadonlyMap<string, MeasureKind | null>,
): RelationColumn {
  const measure = role === 'metric' ? (kinds.get(name.replace(/__previous$/, '')) ?? 'calculated') : null;
  const notes = [description, unit === null ? null : `Unit: ${unit}.`].filter((note) => note !== null);
  return { name, type, measure, onRows: true, comment: comment(label, notes.join(' ')) };
}
