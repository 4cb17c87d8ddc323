/**
 * The conditions of a policy once more, for the engine to enforce below a statement, whatever its SQL says. Written from
 * the policy itself by another way than the plan's conditions, which go through Cube; so one stands when the other fails.
 */
import { CUBE, TIME_KEY, type ValueKind } from '../cube/base.js';
import type { CubeFilter } from '../cube/compile.js';
import { contentName } from '../cube/parts.js';
import { asRecorded, marksIn } from '../dialect/amount-sql.js';
import { conditionSql, type ConditionOperator } from '../dialect/condition-sql.js';
import { constantSql } from '../dialect/constant-sql.js';
import type { TypedFields } from '../dialect/field-sql.js';
import type { DialectName } from '../dialect/types.js';
import { UNATTRIBUTED, type RelationName } from '../model/relations.js';
import type { Model } from '../model/types.js';
import { DATA_ROW, dimensionSql, rowsBehind } from '../rollup/members.js';
import { policyRows } from './policy-rows.js';
import type { Filter } from './types.js';

/** Conditions as SQL over a table's own columns; text in them is hexadecimal. */
export interface RowLock {
  /** On rows of `unified_marketing_data`. */
  readonly rows: string;
  /** On rows of a rollup's table. */
  readonly rollups: string;
  /** Which results of attribution: none, those of touchpoints among `rows`, or those without a touchpoint as well. */
  readonly credits: 'none' | 'touched' | 'touched_or_unattributed';
}

export interface RowLockInput {
  readonly rows: readonly Filter[];
  readonly model: Model;
  readonly now: Date;
  readonly dialect: DialectName;
  readonly typed: TypedFields;
  /** What the statement reads beside rows. */
  readonly relations: readonly RelationName[];
  /** Whether all amounts are in the organisation's currency, in which conditions are meant. */
  readonly isOneCurrency: boolean;
}

/**
 * Never narrower than the plan's conditions, which would change numbers. What the plan can't say of a row alone is left
 * to the plan: a condition on an amount that is converted, on a part of an instant in the request's time zone, and where
 * credits are read, on a time, currency or customer, which are then those of the conversion. Journeys are not locked by
 * rows: the cost of a customer is a share over all customers of the campaign.
 * @returns null where nothing is to be locked
 * @throws Problem 403 `policy_broken`, as the plan does
 */
export function rowLock({ rows, model, now, dialect, typed, relations, isOneCurrency }: RowLockInput): RowLock | null {
  if (rows.length === 0 || relations.includes('customer_journey_tracking')) return null;
  const conditions = policyRows(rows, model, now);
  const values = rowsBehind(model, dialect, typed);
  const valueOf = (key: string): Value | null => {
    if (key === TIME_KEY) return { sql: `${DATA_ROW}.${TIME_KEY}`, kind: 'datetime' };
    const value = dimensionSql(key, model, values);
    const isAmount = value !== null && Object.values(marksIn(value.sql)).some(Boolean);
    return isAmount && !isOneCurrency ? null : value && { ...value, sql: asRecorded(value.sql) };
  };
  const overRows = (condition: Leaf): string | null => {
    const value = valueOf(keyOf(condition));
    if (value === null) return null;
    if (relations.length > 0 && OF_THE_CONVERSION.test(value.sql)) return null;
    return leafSql(condition, { ...value, sql: value.sql.replaceAll(`${DATA_ROW}.`, '') }, dialect);
  };
  const overRollup = (condition: Leaf): string | null => {
    const key = keyOf(condition);
    const value = key === TIME_KEY ? null : valueOf(key);
    return value && leafSql(condition, { ...value, sql: contentName('d', value.sql) }, dialect);
  };
  return Object.freeze({
    rows: joined({ and: conditions }, overRows) ?? EVERY,
    rollups: joined({ and: conditions }, overRollup) ?? EVERY,
    credits:
      relations.length === 0 ? 'none' : conditions.every(mayHoldForNobody) ? 'touched_or_unattributed' : 'touched',
  });
}

interface Value {
  readonly sql: string;
  readonly kind: ValueKind;
}
type Leaf = Extract<CubeFilter, { member: string }>;

const EVERY = '1 = 1';
/** Columns that a credit has of its own. */
const OF_THE_CONVERSION = new RegExp(`\\b${DATA_ROW}\\.(${TIME_KEY}|currency|customer_id|id)\\b`);

const keyOf = ({ member }: Leaf): string => member.slice(CUBE.length + 1);

function leafSql({ operator, values }: Leaf, { sql, kind }: Value, dialect: DialectName): string {
  const condition = { operator: operator as ConditionOperator, values, column: sql, kind };
  return conditionSql(condition, dialect, (value) => constantSql(value, dialect));
}

/** Null where nothing is left that could be asked of a row: then every row may meet it. */
function joined(filter: CubeFilter, leaf: (condition: Leaf) => string | null): string | null {
  if ('and' in filter) {
    const parts = filter.and.map((part) => joined(part, leaf)).filter((part) => part !== null);
    return parts.length === 0 ? null : parts.map((part) => `(${part})`).join(' AND ');
  }
  if ('or' in filter) {
    const parts = filter.or.map((part) => joined(part, leaf));
    return parts.includes(null) ? null : parts.map((part) => `(${part})`).join(' OR ');
  }
  return leaf(filter);
}

/** Whether revenue that no touchpoint has brought may meet it. Its texts are `unattributed`, all else is missing. */
function mayHoldForNobody(filter: CubeFilter): boolean {
  if ('and' in filter) return filter.and.every(mayHoldForNobody);
  if ('or' in filter) return filter.or.some(mayHoldForNobody);
  const isOwn = [TIME_KEY, 'currency', 'customer_id'].includes(keyOf(filter));
  return isOwn || filter.operator !== 'equals' || filter.values.includes(UNATTRIBUTED);
}
