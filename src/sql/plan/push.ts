/** Conditions of a WHERE that the query path can hold itself, exactly. */
import type { Filter, FilterOperator } from '../../compiler/query/types.js';
import {
  as,
  cast,
  columnName,
  datedIn,
  functionName,
  isObject,
  list,
  stringOf,
  typeName,
  walk,
  type Fields,
  type Node,
} from '../ast.js';
import type { RelationColumn } from '../relation.js';
import type { Push, ValueForm } from './types.js';

export type ColumnOf = (node: unknown) => RelationColumn | undefined;

const FLIPPED: Readonly<Record<string, string>> = { '=': '=', '<>': '<>', '<': '>', '<=': '>=', '>': '<', '>=': '<=' };
const TEXT_TYPES = ['text', 'varchar', 'bpchar_'];

/** The condition as what can be pushed; undefined where it can't, or not exactly. */
export function pushOf(condition: Node, columnOf: ColumnOf): Push[] | undefined {
  const test = as(condition, 'NullTest');
  if (test) {
    const dimension = plainDimension(test.arg, columnOf);
    if (!dimension) return undefined;
    return [{ member: dimension.name, operator: test.nulltesttype === 'IS_NULL' ? 'not set' : 'set', values: [] }];
  }
  const expression = as(condition, 'A_Expr');
  if (!expression) return undefined;
  const operator = stringOf(list(expression.name)[0]);
  switch (expression.kind) {
    case 'AEXPR_OP': {
      if (!(operator in FLIPPED)) return undefined;
      const straight = comparison(expression.lexpr, operator, expression.rexpr, columnOf);
      return straight ?? comparison(expression.rexpr, FLIPPED[operator] ?? '', expression.lexpr, columnOf);
    }
    case 'AEXPR_IN': {
      const dimension = plainDimension(expression.lexpr, columnOf);
      const items = list((expression.rexpr as Node | undefined)?.List?.items);
      if (dimension?.type !== 'string' || !items.every((item) => isConstant(item))) return undefined;
      const values = items.map((item) => ({ expression: item, form: 'text' as const }));
      return [{ member: dimension.name, operator: operator === '=' ? 'in' : 'not in', values }];
    }
    case 'AEXPR_BETWEEN': {
      const [low, high] = list((expression.rexpr as Node | undefined)?.List?.items);
      const from = comparison(expression.lexpr, '>=', low, columnOf);
      const to = comparison(expression.lexpr, '<=', high, columnOf);
      return from && to && [...from, ...to];
    }
    default:
      return undefined;
  }
}

function comparison(left: unknown, operator: string, right: unknown, columnOf: ColumnOf): Push[] | undefined {
  if (!isConstant(right)) return undefined;
  const expression = right as Node;
  const value = (form: ValueForm): Push['values'] => [{ expression, form }];
  const dimension = plainDimension(left, columnOf);
  const to = operator as Push['operator'];
  if (dimension?.type === 'string') return [{ member: dimension.name, operator: to, values: value('text') }];
  if (dimension?.type === 'datetime') {
    if (operator === '<>') return undefined;
    return [{ member: dimension.name, operator: to, values: value('instant') }];
  }
  const day = dayOf(left, columnOf);
  if (!day) return undefined;
  const push = (op: Push['operator'], form: ValueForm): Push => ({
    member: day.name,
    operator: op,
    values: value(form),
  });
  switch (operator) {
    case '>=':
      return [push('>=', 'day')];
    case '>':
      return [push('>=', 'day_after')];
    case '<':
      return [push('<', 'day')];
    case '<=':
      return [push('<', 'day_after')];
    case '=':
      return [push('>=', 'day'), push('<', 'day_after')];
    default:
      return undefined;
  }
}

/** A dimension as it stands; a text may be cast to text. */
function plainDimension(node: unknown, columnOf: ColumnOf): RelationColumn | undefined {
  const typed = as(node, 'TypeCast');
  const typmods = list((typed?.typeName as Fields | undefined)?.typmods);
  if (typed && TEXT_TYPES.includes(typeName(typed)) && typmods.length === 0) {
    const inner = plainDimension(typed.arg, columnOf);
    return inner?.type === 'string' ? inner : undefined;
  }
  const column = columnName(node) ? columnOf(node) : undefined;
  return column?.measure === null ? column : undefined;
}

/** The day of an instant: `recorded_at::date`. */
function dayOf(node: unknown, columnOf: ColumnOf): RelationColumn | undefined {
  const dated = datedIn(node);
  const column = columnName(dated) ? columnOf(dated) : undefined;
  return column?.type === 'datetime' && column.measure === null ? column : undefined;
}

/** No column, no sub-select, nothing that differs from call to call. */
export function isConstant(node: unknown): boolean {
  if (!isObject(node)) return false;
  let constant = true;
  walk(node, (tag, fields) => {
    if (tag === 'ColumnRef' || tag === 'SubLink' || tag === 'SetToDefault' || tag === 'RowExpr') constant = false;
    if (tag === 'FuncCall' && (fields.over || !STEADY.has(functionName(fields).name))) constant = false;
  });
  return constant;
}
const STEADY = new Set([
  'now',
  'date_trunc',
  'transaction_timestamp',
  'make_date',
  'make_timestamp',
  'make_timestamptz',
  'make_interval',
  'to_date',
  'to_timestamp',
  'lower',
  'upper',
  'timezone',
  'date_part',
  'extract',
  'date',
]);

/** An expression whose value is the text that a filter takes. */
export function valueExpression({ expression, form }: Push['values'][number]): Node {
  if (form === 'text') return cast(expression, 'text');
  const dayStart: Node =
    form === 'instant'
      ? cast(expression, 'timestamptz')
      : cast(
          form === 'day'
            ? cast(expression, 'date')
            : {
                A_Expr: {
                  kind: 'AEXPR_OP',
                  name: [{ String: { sval: '+' } }],
                  lexpr: cast(expression, 'date'),
                  rexpr: { A_Const: { ival: { ival: 1 } } },
                },
              },
          'timestamptz',
        );
  return dayStart;
}

/** No row meets it. */
export const NOTHING = (member: string): Filter => ({
  and: [
    { member, operator: 'set' },
    { member, operator: 'notSet' },
  ],
});

const ORDER: Readonly<Record<string, FilterOperator>> = { '<': 'lt', '<=': 'lte', '>': 'gt', '>=': 'gte' };

/** @param values as text, an instant as `YYYY-MM-DDTHH:MM:SS.ffffffZ`; null where the expression is null */
export function filterOf({ member, operator, values: wanted }: Push, values: readonly (string | null)[]): Filter {
  if (operator === 'set') return { member, operator: 'set' };
  if (operator === 'not set') return { member, operator: 'notSet' };
  const known = values.filter((value) => value !== null);
  const hasNull = known.length < values.length;
  if (wanted[0]?.form !== 'text') return instantFilter(member, operator, known[0]);
  const unreachable = known.some((value) => !isCanonical(member, value));
  const kept = known.filter((value) => isCanonical(member, value));
  switch (operator) {
    case '=':
    case 'in':
      return kept.length === 0 ? NOTHING(member) : { member, operator: 'equals', values: kept };
    case '<>':
    case 'not in':
      if (hasNull) return NOTHING(member);
      if (unreachable && kept.length === 0) return { member, operator: 'set' };
      return {
        and: [
          { member, operator: 'set' },
          { member, operator: 'notEquals', values: kept },
        ],
      };
    default:
      return hasNull ? NOTHING(member) : { member, operator: ORDER[operator] ?? 'gt', values: known };
  }
}

/** A UUID is kept in lower case; in a text, any other writing of it is another text. */
const isCanonical = (member: string, value: string): boolean =>
  !['campaign_id', 'customer_id', 'asset_id'].includes(member) || value === value.toLowerCase();

/** Rows' instants have milliseconds; a bound may be finer. */
function instantFilter(member: string, operator: Push['operator'], value: string | undefined): Filter {
  if (value === undefined) return NOTHING(member);
  const cut = `${value.slice(0, 23)}Z`;
  const isFiner = !value.endsWith('000Z');
  if (!isFiner)
    return operator === '='
      ? { member, operator: 'equals', values: [cut] }
      : { member, operator: ORDER[operator] ?? 'gt', values: [cut] };
  switch (operator) {
    case '=':
      return NOTHING(member);
    case '>':
    case '>=':
      return { member, operator: 'gt', values: [cut] };
    default:
      return { member, operator: 'lte', values: [cut] };
  }
}
