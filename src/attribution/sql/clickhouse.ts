/**
 * A run as ClickHouse SQL: each customer's events are gathered into sorted arrays, and all models are computed on the
 * arrays of a conversion, 64-bit integers throughout. One statement a share of the customers, no joins.
 */
import { constantSql } from '../../compiler/dialect/constant-sql.js';
import { fieldSql } from '../../compiler/dialect/field-sql.js';
import { CENT, ODD_UNITS } from '../exact/currency.js';
import { COARSE, FINE, GONE, LINEAR } from '../exact/decay.js';
import { firstOfTwo, WHOLE_CREDIT, type Model, type Weighing } from '../models/models.js';
import type { ChannelDimension, Parameters } from '../models/parameters.js';
import { rowKindSql } from './row-kinds.js';
import { CREDIT_COLUMNS, type RunStatement, type Scope } from './scope.js';

const text = (value: string): string => constantSql(value, 'clickhouse');
const texts = (values: readonly string[]): string => values.map(text).join(', ');
const uuid = (value: string): string => `toUUID('${value}')`;
/** A UUID as bytes compares like its text; as a UUID it does not. Tuples hold both: one for order, one to hand out. */
const ordered = (id: string): string => `UUIDToNum(${id})`;

/** Rows of a block while customers are gathered, before each conversion carries a copy of its customer's touches. */
const GATHERED_BLOCK = 65_409;
/** Bytes read at once, of which an update uses few: the usual 1 MB would leave blocks of some hundred rows to work on. */
const READ_BYTES = 20_000_000;
/** An ARRAY JOIN never divides what comes of one row, so a customer's conversions are taken in lots of so many first. */
const LOT = 16;

/** Members of a touch, by place in its tuple. */
const AT = 1;
const ID = 8;
const PLACE: Readonly<Record<ChannelDimension, number>> = {
  data_source: 3,
  source_category: 4,
  channel: 5,
  campaign_id: 6,
  asset_id: 7,
};

/** The touch's channel as text; none is an empty one. */
const channelOf = (touch: string, by: ChannelDimension): string =>
  by === 'campaign_id' || by === 'asset_id'
    ? `coalesce(toString(${touch}.${PLACE[by]}), '')`
    : `toString(${touch}.${PLACE[by]})`;

/** One row a customer: `t`, the touches, and `c`, what was sold, after refunds; both in order. */
function customers(scope: Scope, parameters: Parameters): string {
  const source = { dialect: 'clickhouse', row: 'r', typed: scope.typed } as const;
  const number = (path: string): string =>
    fieldSql({ kind: 'payload', root: 'data_payload', path: [path] }, 'number', source);
  const string = (path: string): string =>
    fieldSql({ kind: 'payload', root: 'data_payload', path: [path] }, 'text', source);
  const { sale: isSale, touch: isTouch } = rowKindSql(parameters, 'r', 'clickhouse');
  const customer = scope.hasMerged
    ? `assumeNotNull(coalesce(i.canonical_id, r.customer_id))`
    : 'assumeNotNull(r.customer_id)';
  const identities = scope.hasMerged
    ? `LEFT JOIN (SELECT customer_id, canonical_id FROM customer_identities FINAL WHERE organization_id = ${uuid(scope.organization)} AND is_deleted = 0) AS i ON i.customer_id = r.customer_id`
    : '';
  const at = 'toUnixTimestamp64Milli(r.recorded_at)';
  const share = scope.chunks === 1 ? '' : `AND sipHash64(${customer}) % ${scope.chunks} = ${scope.chunk}`;
  const only =
    scope.onlySupersededBy === null
      ? ''
      : `AND r.customer_id IN (SELECT customer_id FROM attribution_superseded
          WHERE organization_id = ${uuid(scope.organization)} AND by_run = ${uuid(scope.onlySupersededBy)})`;
  const worth = `assumeNotNull(${number(parameters.revenue_field)} AS earned)`;
  const refunded = `coalesce(${number(parameters.refund_field)}, toDecimal128(0, 9))`;
  return `
SELECT ${customer} AS customer,
  arraySort(groupArrayIf((${at}, ${ordered('r.id')}, r.data_source, r.source_category,
    coalesce(${string('channel')}, toString(r.data_source)), r.campaign_id, r.asset_id, r.id), ${isTouch})) AS t,
  arraySort(q -> (q.1, q.2), groupArrayIf((${at}, ${ordered('r.id')}, r.data_source, r.currency,
    ${worth} - ${refunded}, coalesce(${string(parameters.order_field)}, ''), ${worth} < 0, r.id), ${isSale} AND earned IS NOT NULL)) AS e
FROM unified_marketing_data AS r ${identities}
WHERE r.organization_id = ${uuid(scope.organization)} AND r.is_deleted = 0 AND r.customer_id IS NOT NULL
  AND (${isSale} OR ${isTouch}) ${share} ${only}
GROUP BY customer SETTINGS max_block_size = ${GATHERED_BLOCK}, preferred_block_size_bytes = ${READ_BYTES}`;
}

/** `c`: sales less what was paid back on them, and refunds that belong to none. See `refundedSale` of the reference. */
function withSales(inner: string, { parameters, blockRows }: RunStatement): string {
  const sameOrder = `q.6 != '' AND q.6 = b.6 AND q.4 IS NOT DISTINCT FROM b.4`;
  const anyOrder = `q.4 IS NOT DISTINCT FROM b.4 AND q.1 <= b.1 AND (q.6 = '' OR b.6 = '')`;
  const range = parameters.range;
  const inRange = range === null ? '' : `WHERE v.1 BETWEEN ${range.from} AND ${range.to}`;
  const previous = parameters.reset
    ? `arrayMap(q -> arrayMax(arrayPushFront(arrayFilter(z -> z < q.1, arrayMap(s -> s.1, sales)), -9000000000000000)), sales)`
    : `arrayMap(q -> toInt64(-9000000000000000), sales)`;
  return `
SELECT customer, t, v.1 AS at, v.2 AS id, v.3 AS source, v.4 AS currency, v.5 AS revenue, v.6 AS previous, v.7 AS counts
FROM (
  SELECT customer, t, arraySlice(c, lot, ${LOT}) AS some FROM (
    SELECT customer, t, arrayFilter(q -> q.7 = 0, e) AS sales, arrayFilter(q -> q.7 = 1, e) AS back,
      arrayMap(b -> multiIf(
        (arrayLastIndex(q -> ${sameOrder} AND q.1 <= b.1, sales) AS known) > 0, known,
        (arrayFirstIndex(q -> ${sameOrder}, sales) AS later) > 0, later,
        arrayLastIndex(q -> ${anyOrder}, sales)), back) AS target,
      ${previous} AS before,
      arrayConcat(
        arrayMap((q, n, p) -> (q.1, q.8, q.3, q.4, q.5 + arraySum((b, g) -> if(g = n, b.5, toDecimal128(0, 9)), back, target), p, 1),
          sales, arrayEnumerate(sales), before),
        arrayMap(b -> (b.1, b.8, b.3, b.4, b.5, toInt64(0), 0), arrayFilter((b, g) -> g = 0, back, target))) AS c
    FROM (${inner}) WHERE notEmpty(e)
  ) ARRAY JOIN range(1, length(c) + 1, ${LOT}) AS lot
) ARRAY JOIN some AS v ${inRange} SETTINGS max_block_size = ${blockRows}`;
}

/** Steps from `seen`, the touches of the window, to `p`, by the rules on direct traffic and on repeats. */
function tidySteps({ direct, collapse, by }: Parameters): string[] {
  const isDirect = `(x.${PLACE.channel} IN (${texts(direct)}) OR x.${PLACE.data_source} IN (${texts(direct)}))`;
  const indirect = direct.length === 0 ? 'seen' : `arrayFilter(x -> NOT ${isDirect}, seen)`;
  const steps = [`${indirect} AS indirect`, `if(empty(indirect), seen, indirect) AS kept`];
  if (collapse === 'none') return [...steps, 'kept AS p'];
  return [
    ...steps,
    `arrayMap(x -> ${channelOf('x', by)}, kept) AS kept_keys`,
    `arrayPushFront(arrayPopBack(kept_keys), '') AS keys_before`,
    `arrayFilter((x, i, key, before) -> i = 1 OR key != before, kept, arrayEnumerate(kept), kept_keys, if(empty(kept), [], keys_before)) AS p`,
  ];
}

/** One row a conversion: `p`, its path, `n` touches, and the money as `k` units = `a`·10⁹ + `b` and `rest` below one. */
function conversions(statement: RunStatement): string {
  const { parameters } = statement;
  const odd = ODD_UNITS;
  const unit = `transform(coalesce(currency, ''), [${odd.map(([code]) => `'${code}'`).join(', ')}], [${odd.map(([, each]) => `toInt64(${each})`).join(', ')}], toInt64(${CENT}))`;
  const window = `arrayFilter(x -> x.1 <= at AND x.1 >= at - ${parameters.lookback_ms}${parameters.reset ? ' AND x.1 > previous' : ''}, if(counts = 1, t, []))`;
  const seen = `SELECT * EXCEPT (t), ${window} AS seen FROM (${withSales(customers(statement, parameters), statement)})`;
  return `
SELECT * EXCEPT (seen, indirect, kept), toInt64(length(p)) AS n, arrayMap(i -> toInt64(i), arrayEnumerate(p)) AS seq,
  reinterpretAsInt128(abs(revenue)) AS nano, ${unit} AS unit, if(revenue < 0, -1, 1) AS sign,
  toInt64(intDiv(nano, unit)) + throwIf(intDiv(nano, unit) > 9000000000000000000, 'A revenue is too large') AS k, toInt64(nano % unit) AS rest,
  intDiv(k, ${WHOLE_CREDIT}) AS a, k % ${WHOLE_CREDIT} AS b
FROM (${layered(seen, [tidySteps(parameters)])})`;
}

const int64s = (values: readonly (number | bigint)[]): string => `[${values.join(', ')}]::Array(Int64)`;

/** Steps that give `credit_<index>`, the credits of a model by touch; each names its columns after the model. */
function creditSteps({ weighing }: Model, index: number, by: ChannelDimension): string[] {
  const credit = `credit_${index}`;
  switch (weighing.kind) {
    case 'first':
      return [`arrayMap(i -> (i = 1) * ${WHOLE_CREDIT}, seq)::Array(Int64) AS ${credit}`];
    case 'last':
      return [`arrayMap(i -> (i = n) * ${WHOLE_CREDIT}, seq)::Array(Int64) AS ${credit}`];
    case 'linear':
      return [
        `arrayMap(i -> intDiv(${WHOLE_CREDIT}, greatest(n, 1)) + (i <= ${WHOLE_CREDIT} % greatest(n, 1)), seq)::Array(Int64) AS ${credit}`,
      ];
    case 'position': {
      const { first, middle, last } = weighing;
      const half = firstOfTwo(weighing);
      const between = `intDiv(${middle}, greatest(n - 2, 1)) + (i - 1 <= ${middle} % greatest(n - 2, 1))`;
      return [
        `arrayMap(i -> multiIf(n = 1, ${WHOLE_CREDIT}, n = 2, if(i = 1, ${half}, ${WHOLE_CREDIT - half}), i = 1, ${first}, i = n, ${last}, ${between}), seq)::Array(Int64) AS ${credit}`,
      ];
    }
    case 'decay':
      return [...decaySteps(weighing.half_life_ms, index), ...byWeight(index)];
    case 'places': {
      const { start, middle, end } = weighing;
      const cases = [
        ...(start.length > 0 ? [`i <= ${start.length}, ${int64s(start)}[i]`] : []),
        ...(end.length > 0 ? [`n - i < ${end.length}, ${int64s(end)}[n - i + 1]`] : []),
      ];
      const weight = cases.length === 0 ? `toInt64(${middle})` : `multiIf(${cases.join(', ')}, toInt64(${middle}))`;
      return [
        `arrayMap(i -> ${weight}, seq)::Array(Int64) AS given_${index}`,
        ...notAllZero(index),
        ...byWeight(index),
      ];
    }
    case 'channels':
      return [...channelSteps(weighing, index, by), ...notAllZero(index), ...byWeight(index)];
    default:
      return weighing satisfies never;
  }
}

/** A long constant array as one text: written out, its thousand literals are looked at in each of the nested subqueries. */
const tabled = (values: readonly number[]): string =>
  `arrayMap(each -> toInt64(each), splitByChar(',', '${values.join(',')}'))`;

/** See `exact/decay.ts`. */
function decaySteps(halfLife: number, index: number): string[] {
  const rest = (of: string): string => `(${of} % ${halfLife}) * 1024`;
  const digits = (of: string): string => `intDiv(${of}, ${halfLife})`;
  const [coarse, fine, last] = [rest('d'), rest(rest('d')), rest(rest(rest('d')))];
  const product = `bitShiftRight(${tabled(COARSE)}[${digits(coarse)} + 1] * ${tabled(FINE)}[${digits(fine)} + 1], 31)`;
  const linear = `2147483648 - intDiv(${digits(last)} * ${LINEAR}, 1073741824)`;
  return [
    `arrayMap(d -> bitShiftRight(bitShiftRight(${product} * (${linear}), 31), toUInt8(least(${GONE}, ${digits('d')}))), arrayMap(x -> toInt64(p[-1].${AT}) - x.${AT}, p))::Array(Int64) AS weight_${index}`,
  ];
}

function channelSteps(
  { weights, other, spread }: Weighing & { kind: 'channels' },
  index: number,
  by: ChannelDimension,
): string[] {
  const keys = `keys_${index}`;
  const known =
    weights.length === 0
      ? `toInt64(${other})`
      : `transform(x, [${texts(weights.map(([channel]) => channel))}], ${int64s(weights.map(([, weight]) => weight))}, toInt64(${other}))`;
  const step = `arrayMap(x -> ${channelOf('x', by)}, p) AS ${keys}`;
  if (!spread) return [step, `arrayMap(x -> ${known}, ${keys})::Array(Int64) AS given_${index}`];
  // Places among its like, counted from either end, tell how many there are.
  const like = `arrayMap((f, g) -> toInt64(f + g - 1), arrayEnumerateUniq(${keys}), arrayReverse(arrayEnumerateUniq(arrayReverse(${keys}))))`;
  return [step, `arrayMap((x, like) -> intDiv(${known}, like), ${keys}, ${like})::Array(Int64) AS given_${index}`];
}

const notAllZero = (index: number): string[] => [
  `if(arraySum(given_${index}) = 0, arrayMap(i -> toInt64(1), given_${index}), given_${index}) AS weight_${index}`,
];

/** See `creditsByWeight`. */
const byWeight = (index: number): string[] => [
  `greatest(arraySum(weight_${index}), 1) AS total_${index}`,
  `arrayMap(w -> intDiv(${WHOLE_CREDIT} * w, total_${index}), weight_${index}) AS cut_${index}`,
  `${WHOLE_CREDIT} - arraySum(cut_${index}) AS left_${index}`,
  `arrayMap((x, w, place) -> x + (w > 0 AND place <= left_${index}), cut_${index}, weight_${index}, arrayCumSum(w -> w > 0, weight_${index}))::Array(Int64) AS credit_${index}`,
];

/** Steps that give `share_<index>`, units of money by touch, and `top_<index>`, the touch with the most credit. */
function moneySteps({ weighing }: Model, index: number): string[] {
  const credit = `credit_${index}`;
  if (weighing.kind === 'first' || weighing.kind === 'last') {
    const one = weighing.kind === 'first' ? '1' : 'n';
    return [`arrayMap(i -> k * (i = ${one}), seq) AS share_${index}, toInt64(${one}) AS top_${index}`];
  }
  return [
    `arrayMap((c, i) -> ((b * c) % ${WHOLE_CREDIT}) * 4294967296 + (4294967295 - i), ${credit}, seq) AS rank_${index},
  intDiv(arraySum(c -> (b * c) % ${WHOLE_CREDIT}, ${credit}), ${WHOLE_CREDIT}) AS over_${index},
  toInt64(indexOf(${credit}, arrayMax(${credit}))) AS top_${index}`,
    `if(over_${index} = 0, 9223372036854775807, arrayPartialReverseSort(toUInt32(over_${index}), rank_${index})[over_${index}]) AS least_${index}`,
    `arrayMap((c, r) -> a * c + intDiv(b * c, ${WHOLE_CREDIT}) + (r >= least_${index}), ${credit}, rank_${index}) AS share_${index}`,
  ];
}

/**
 * Adds columns step by step, each step of all models in one subquery: an alias that is used again is worked out again
 * where it stands, and over ten steps that would be a thousand times; a column of a subquery is not.
 */
function layered(inner: string, steps: readonly (readonly string[])[]): string {
  const depth = Math.max(...steps.map((each) => each.length));
  return Array.from({ length: depth }, (_, at) => steps.flatMap((each) => each[at] ?? [])).reduce(
    (relation, columns) => `SELECT *, ${columns.join(',\n  ')}\nFROM (${relation})`,
    inner,
  );
}

/** Rows of the run for its share of the customers, in the order of {@link CREDIT_COLUMNS}. */
export function creditRows(statement: RunStatement): string {
  const { organization, run, parameters } = statement;
  const { models, by } = parameters;
  const shares = layered(
    layered(
      conversions(statement),
      models.map((model, index) => creditSteps(model, index, by)),
    ),
    models.map((model, index) => moneySteps(model, index)),
  );
  const none = (value: string): string => `if(n = 0, NULL, ${value})`;
  const each = (name: (index: number) => string): string => models.map((_, index) => name(index)).join(', ');
  const money = (index: number): string =>
    `if(n = 0, revenue, piece * s_${index} + if(i = top_${index}, sign * rest, 0) * toDecimal128('0.000000001', 9))`;
  return `
SELECT ${uuid(organization)}, ${uuid(run)}, customer, id, fromUnixTimestamp64Milli(at, 'UTC'), source,
  currency, revenue, ${none(`x.${ID}`)}, ${none(`fromUnixTimestamp64Milli(x.${AT}, 'UTC')`)},
  toUInt32(i), toUInt32(n), ${none('x.3')}, ${none('x.4')}, ${none('x.5')}, x.6, x.7,
  [${models.map(({ key }) => text(key)).join(', ')}],
  if(n = 0, arrayWithConstant(${models.length}, toInt64(counts * ${WHOLE_CREDIT})), [${each((index) => `c_${index}`)}])::Array(UInt32),
  [${models.map((_, index) => money(index)).join(', ')}]::Array(Decimal(38, 9))
FROM (
  SELECT *, sign * (unit * toDecimal128('0.000000001', 9)) AS piece FROM (${shares})
) LEFT ARRAY JOIN p AS x, seq AS i, ${each((index) => `credit_${index} AS c_${index}, share_${index} AS s_${index}`)}`;
}

export const insertCredit = (statement: RunStatement): string =>
  `INSERT INTO attribution_credit (${CREDIT_COLUMNS.join(', ')}) ${creditRows(statement)}`;

/**
 * How often journeys step from state to state: part of the customers (0–255), from, to, count. A state is a channel, or
 * the latest `order` channels with the oldest first; `s` is the start, `v` a conversion, `n` the end of a journey
 * of a customer who never converted.
 */
export function transitions(statement: RunStatement, order: number): string {
  const { parameters } = statement;
  const { range, by } = parameters;
  const gathered = customers(statement, parameters);
  const touches = range === null ? 't' : `arrayFilter(x -> x.${AT} BETWEEN ${range.from} AND ${range.to}, t)`;
  const idle = `SELECT customer, ${touches} AS seen FROM (${gathered}) WHERE NOT arrayExists(q -> q.7 = 0, e)`;
  const journeys = `
SELECT customer, p, 'v' AS end FROM (${conversions(statement)}) WHERE n > 0
UNION ALL SELECT customer, p, 'n' AS end FROM (${layered(idle, [tidySteps(parameters)])}) WHERE notEmpty(p)`;
  const keys = `SELECT customer, end, arrayMap(x -> concat('c', ${channelOf('x', by)}), p) AS k1 FROM (${journeys})`;
  const back = Array.from({ length: order - 1 }, (_, n) => [
    `arrayPushFront(arrayPopBack(k${n + 1}), '') AS k${n + 2}`,
  ]).flat();
  const lags = layered(keys, [back.length === 0 ? ['1 AS no_lag'] : back]);
  const state =
    order === 1
      ? 'k1'
      : `arrayMap((${lagNames(order)}) -> arrayStringConcat([${lagNames(order)}], char(31)), ${lagNames(order, 'k')})`;
  return `
SELECT reinterpretAsUInt8(substring(MD5(toString(customer)), 1, 1)) AS part, step.1 AS source, step.2 AS target, count() AS steps
FROM (SELECT customer, end, ${state} AS states FROM (${lags}))
ARRAY JOIN arrayZip(arrayPushFront(states, 's'), arrayPushBack(states, end)) AS step
GROUP BY part, source, target`;
}

/** Oldest first. */
const lagNames = (order: number, prefix = 'l'): string =>
  Array.from({ length: order }, (_, n) => `${prefix}${order - n}`).join(', ');
