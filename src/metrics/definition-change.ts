/** Changes of an organisation's stored definitions as plain data, so that a preview and a write are the same thing. */
import { canonicalJson } from '../compiler/model/snapshot.js';
import type { MemberDefinition } from '../compiler/model/types.js';
import { definitionOf, rowOf, type MetricRow } from './definition.js';
import type { OwnDefinitions } from './model-snapshot.entity.js';
import { standardId } from './standard-id.js';

/** All rows of one organisation, active and not, oldest first, and the library that they stand on. */
export interface StoredDefinitions {
  readonly organizationId: string;
  readonly rows: readonly MetricRow[];
  readonly standard: readonly MemberDefinition[];
}

export interface RowChange {
  /** Rows to write, whole. */
  readonly upserts: readonly MetricRow[];
  /** Ids of rows to remove: those that stood in the way of a standard metric that is to be seen again. */
  readonly deletes: readonly string[];
}

export const NO_CHANGE: RowChange = { upserts: [], deletes: [] };

export function applyChange(stored: StoredDefinitions, { upserts, deletes }: RowChange): StoredDefinitions {
  const rows = new Map(stored.rows.map((row) => [row.id, row]));
  for (const row of upserts) rows.set(row.id, row);
  for (const id of deletes) rows.delete(id);
  return { ...stored, rows: [...rows.values()] };
}

export const activeRows = (stored: StoredDefinitions): MetricRow[] => stored.rows.filter((row) => row.is_active);

/** The standard definitions that are seen: all but those whose own row is inactive or goes by another key. */
export function visibleStandard(stored: StoredDefinitions): MemberDefinition[] {
  const hidden = new Set(hiddenStandard(stored));
  return stored.standard.filter(({ metric_key: key }) => !hidden.has(key));
}

export const ownDefinitions = (stored: StoredDefinitions): OwnDefinitions => ({
  metrics: activeRows(stored)
    .map((row) => ({ id: row.id, ...definitionOf(row) }))
    .sort((a, b) => (a.metric_key < b.metric_key ? -1 : 1)),
  deactivated: hiddenStandard(stored),
});

/** Keys, sorted. */
function hiddenStandard(stored: StoredDefinitions): string[] {
  const rows = new Map(stored.rows.map((row) => [row.id, row]));
  const isHidden = (key: string): boolean => {
    const row = rows.get(standardId(stored.organizationId, key));
    return row !== undefined && !(row.is_active && row.metric_key === key);
  };
  return stored.standard
    .map(({ metric_key: key }) => key)
    .filter(isHidden)
    .sort();
}

/** What brings the stored definitions to `target`; nothing that is right already is written again. */
export function changeTowards(stored: StoredDefinitions, target: OwnDefinitions): RowChange {
  const { organizationId } = stored;
  const current = new Map(stored.rows.map((row) => [row.id, row]));
  const standard = new Map(stored.standard.map((each) => [standardId(organizationId, each.metric_key), each]));
  const kept = new Set(target.metrics.map(({ id }) => id));
  const upserts = target.metrics.map(({ id, ...definition }) => rowOf(id, organizationId, definition));
  for (const key of target.deactivated) {
    const id = standardId(organizationId, key);
    const definition = standard.get(id);
    if (kept.has(id) || !definition) continue;
    kept.add(id);
    upserts.push({ ...(current.get(id) ?? rowOf(id, organizationId, definition)), is_active: false });
  }
  const rest = stored.rows.filter(({ id }) => !kept.has(id));
  upserts.push(...rest.filter(({ id }) => !standard.has(id)).map((row) => ({ ...row, is_active: false })));
  return {
    upserts: upserts.filter((row) => !equalRows(row, current.get(row.id))),
    deletes: rest.filter(({ id }) => standard.has(id)).map(({ id }) => id),
  };
}

/** Whether two rows say the same; the times that the database keeps don't count. */
export function equalRows(row: MetricRow, other: MetricRow | undefined): boolean {
  const text = (each: MetricRow): string => canonicalJson([each.id, each.is_active, definitionOf(each)]);
  return other !== undefined && text(row) === text(other);
}
