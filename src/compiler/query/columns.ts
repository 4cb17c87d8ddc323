/** The columns of an answer: time, dimensions, metrics, each with what belongs to it. */
import { TIME_KEY } from '../cube/base.js';
import { memberLineage } from '../model/lineage.js';
import type { Model } from '../model/types.js';
import type { Mistakes } from './mistakes.js';
import type { Resolved } from './resolve.js';
import type { PlannedColumn, TimeGrain } from './types.js';

/** Finer than a day: the bucket is a time on the clock. */
export const isClockGrain = (grain: TimeGrain): boolean => grain === 'fifteen_minutes' || grain === 'hourly';

export interface ColumnsInput {
  readonly grain: TimeGrain | null;
  readonly dimensions: readonly Resolved[];
  readonly metrics: readonly Resolved[];
  /** Whether metrics have twins. */
  readonly compared: boolean;
  /** Key of the dimension that has a row for the rest. */
  readonly other: string | null;
  /** What metrics over money are in; null where each row has its own currency. */
  readonly money: string | null;
}

export const previousName = (key: string): string => `${key}__previous`;
export const changeName = (key: string): string => `${key}__change`;
/** What a comparison adds to a metric. */
export interface Twin {
  readonly metric: string;
  readonly of: 'previous' | 'change';
}

/** The metric whose twin goes by this name; null where the name is none of a twin. */
export function twinOf(name: string): Twin | null {
  const found = /^(.+)__(previous|change)$/.exec(name);
  const [, metric = '', of] = found ?? [];
  return of === 'previous' || of === 'change' ? { metric, of } : null;
}

export const otherName = (key: string): string => `${key}__other`;

export function plannedColumns(
  { grain, dimensions, metrics, compared, other, money }: ColumnsInput,
  model: Model,
): PlannedColumn[] {
  const { currency } = model.settings;
  /** Dimensions are in the organisation’s currency, whatever metrics are in. */
  const moneyUnit = (role: Resolved['role'], unit: string | null): string | null =>
    role === 'dimension' || money === currency ? (unit ?? currency) : money;
  const column = ({ key, label, role, type, unit, description, member }: Resolved): PlannedColumn => ({
    name: key,
    label,
    role,
    type,
    unit: type === 'currency' ? moneyUnit(role, unit) : unit,
    description,
    lineage:
      member === null || member.kind === 'simple' || member.kind === 'dimension' ? [] : memberLineage(model, key),
  });
  const time: PlannedColumn[] = grain === null ? [] : [timeColumn(grain)];
  const rest = (dimension: Resolved): PlannedColumn => ({
    ...column(dimension),
    name: otherName(dimension.key),
    label: `${dimension.label} (other)`,
    type: 'boolean',
    unit: null,
    description: 'True in the row for all other values together.',
  });
  const twins = (metric: Resolved): PlannedColumn[] => {
    const own = column(metric);
    const lineage = [metric.key];
    const before = { ...own, name: previousName(metric.key), label: `${own.label} (previous)`, lineage };
    if (metric.kind !== 'number') return [before];
    const change = { name: changeName(metric.key), label: `${own.label} (change)`, type: 'float', unit: '%' } as const;
    return [before, { ...own, ...change, description: 'Change since the previous range, as a fraction.', lineage }];
  };
  return [
    ...time,
    ...dimensions.flatMap((each) => (each.key === other ? [column(each), rest(each)] : [column(each)])),
    ...metrics.flatMap((each) => (compared ? [column(each), ...twins(each)] : [column(each)])),
  ];
}

function timeColumn(grain: TimeGrain): PlannedColumn {
  const type = isClockGrain(grain) ? 'datetime' : 'date';
  return { name: TIME_KEY, label: 'Date', role: 'time', type, unit: null, description: null, lineage: [] };
}

/** Refuses columns of the same name: a metric may be called like another one's twin. */
export function checkNames(columns: readonly PlannedColumn[], mistakes: Mistakes): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name))
      mistakes.add('name_taken', `Two columns would be called “${name}”; leave one of them out.`, '/metrics');
    seen.add(name);
  }
}
