/** A run as Postgres SQL: the same numbers as in `clickhouse.ts`, by window functions over rows. */
import { constantSql } from '../../compiler/dialect/constant-sql.js';
import { fieldSql } from '../../compiler/dialect/field-sql.js';
import { CENT, ODD_UNITS } from '../exact/currency.js';
import { COARSE, FINE, GONE, LINEAR } from '../exact/decay.js';
import { firstOfTwo, WHOLE_CREDIT, type Model, type Weighing } from '../models/models.js';
import type { ChannelDimension, Parameters } from '../models/parameters.js';
import { rowKindSql } from './row-kinds.js';
import { CREDIT_COLUMNS, type RunStatement, type Scope } from './scope.js';

const text = (value: string): string => constantSql(value, 'postgres');
const texts = (values: readonly string[]): string => values.map(text).join(', ');
const uuid = (value: string): string => `'${value}'::uuid`;
const milliseconds = (time: string): string => `(extract(epoch FROM ${time}) * 1000)::bigint`;

const channelOf = (row: string, by: ChannelDimension): string => `coalesce(${row}.${by}::text, '')`;

/** The common table expressions `touches` and `conversions`: what was sold, after refunds. */
function events(scope: Scope, parameters: Parameters): string {
  const source = { dialect: 'postgres', row: 'r', typed: scope.typed } as const;
  const number = (path: string): string =>
    fieldSql({ kind: 'payload', root: 'data_payload', path: [path] }, 'number', source);
  const string = (path: string): string =>
    fieldSql({ kind: 'payload', root: 'data_payload', path: [path] }, 'text', source);
  const { sale: isSale, touch: isTouch } = rowKindSql(parameters, 'r', 'postgres');
  const organization = uuid(scope.organization);
  const customer = scope.hasMerged ? 'coalesce(i.canonical_id, r.customer_id)' : 'r.customer_id';
  const identities = scope.hasMerged
    ? `LEFT JOIN customer_identities AS i ON i.organization_id = ${organization} AND i.customer_id = r.customer_id`
    : '';
  const share =
    scope.chunks === 1
      ? ''
      : `AND (hashtext(${customer}::text)::bigint & 2147483647) % ${scope.chunks} = ${scope.chunk}`;
  const only =
    scope.onlySupersededBy === null
      ? ''
      : `AND r.customer_id IN (SELECT customer_id FROM attribution_superseded
          WHERE organization_id = ${organization} AND by_run = ${uuid(scope.onlySupersededBy)})`;
  const { range } = parameters;
  const inRange = range === null ? '' : `WHERE ms BETWEEN ${range.from} AND ${range.to}`;
  return `events AS MATERIALIZED (
  SELECT ${customer} AS customer, r.id, r.recorded_at, ${milliseconds('r.recorded_at')} AS ms, r.data_source,
    r.source_category, coalesce(${string('channel')}, r.data_source) AS channel, r.campaign_id, r.asset_id, r.currency,
    ${isTouch} AS is_touch, CASE WHEN ${isSale} THEN ${number(parameters.revenue_field)} END AS earned,
    coalesce(${number(parameters.refund_field)}, 0) AS refunded, coalesce(${string(parameters.order_field)}, '') AS order_id
  FROM unified_marketing_data AS r ${identities}
  WHERE r.organization_id = ${organization} AND r.customer_id IS NOT NULL AND (${isSale} OR ${isTouch}) ${share} ${only}
),
touches AS (SELECT * FROM events WHERE is_touch),
sales AS (SELECT *, earned - refunded AS revenue FROM events WHERE earned >= 0),
back AS (SELECT *, earned - refunded AS revenue FROM events WHERE earned < 0),
matched AS (
  SELECT DISTINCT ON (id) id, target, revenue FROM (
    SELECT b.id, b.revenue, s.id AS target, s.ms,
      CASE WHEN b.order_id <> '' AND s.order_id = b.order_id THEN CASE WHEN s.ms <= b.ms THEN 1 ELSE 2 END ELSE 3 END AS rank
    FROM back AS b JOIN sales AS s ON s.customer = b.customer AND s.currency IS NOT DISTINCT FROM b.currency
      AND ((b.order_id <> '' AND s.order_id = b.order_id) OR (s.ms <= b.ms AND (b.order_id = '' OR s.order_id = '')))
  ) AS candidates
  ORDER BY id, rank, CASE WHEN rank = 2 THEN ms ELSE -ms END, CASE WHEN rank = 2 THEN target END, target DESC
),
conversions AS (
  SELECT *, abs(revenue) * 1000000000 AS nano, sign(revenue) AS sign,
    CASE currency ${ODD_UNITS.map(([code, each]) => `WHEN '${code}' THEN ${each}`).join(' ')} ELSE ${CENT} END AS unit
  FROM (
    SELECT s.customer, s.id, s.recorded_at, s.ms, s.data_source, s.currency, true AS counts,
      s.revenue + coalesce((SELECT sum(m.revenue) FROM matched AS m WHERE m.target = s.id), 0) AS revenue,
      max(s.ms) OVER (PARTITION BY s.customer ORDER BY s.ms RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS previous
    FROM sales AS s
    UNION ALL
    SELECT b.customer, b.id, b.recorded_at, b.ms, b.data_source, b.currency, false, b.revenue, NULL
    FROM back AS b WHERE NOT EXISTS (SELECT FROM matched AS m WHERE m.id = b.id)
  ) AS sold ${inRange}
)`;
}

type Row = readonly [name: string, sql: string];

/** Adds columns to a relation; a column may use those of the layers below. */
const layer = (relation: string, columns: readonly Row[]): string =>
  columns.length === 0
    ? relation
    : `SELECT l.*, ${columns.map(([name, sql]) => `${sql} AS ${name}`).join(', ')} FROM (${relation}) AS l`;

/** The touches of each conversion's path with their place `i` of `n`. */
function paths({ direct, collapse, reset, by, lookback_ms }: Parameters, conversions = 'conversions'): string {
  const seen = `SELECT c.id AS conversion, c.ms AS sold, t.*, ${channelOf('t', by)} AS key,
    ${direct.length === 0 ? 'false' : `(t.channel IN (${texts(direct)}) OR t.data_source IN (${texts(direct)}))`} AS is_direct
  FROM ${conversions} AS c JOIN touches AS t ON t.customer = c.customer AND t.ms <= c.ms AND t.ms >= c.ms - ${lookback_ms}
    ${reset ? 'AND (c.previous IS NULL OR t.ms > c.previous)' : ''}
  WHERE c.counts`;
  const kept =
    direct.length === 0
      ? seen
      : `SELECT * FROM (${layer(seen, [['all_direct', 'bool_and(is_direct) OVER (PARTITION BY conversion)']])}) AS l WHERE all_direct OR NOT is_direct`;
  const single =
    collapse === 'none'
      ? kept
      : `SELECT * FROM (${layer(kept, [['before', 'lag(key) OVER (PARTITION BY conversion ORDER BY ms, id)']])}) AS l WHERE before IS DISTINCT FROM key`;
  return layer(single, [
    ['i', 'row_number() OVER (PARTITION BY conversion ORDER BY ms, id)'],
    ['n', 'count(*) OVER (PARTITION BY conversion)'],
    ['latest', 'max(ms) OVER (PARTITION BY conversion)'],
    ['like_this', 'count(*) OVER (PARTITION BY conversion, key)'],
  ]);
}

const bigints = (values: readonly number[]): string => `('{${values.join(',')}}'::bigint[])`;

/** Weight of a touch, for models that have one. */
function weightOf(weighing: Weighing): string | null {
  switch (weighing.kind) {
    case 'first':
    case 'last':
    case 'linear':
    case 'position':
      return null;
    case 'decay': {
      const half = weighing.half_life_ms;
      const elapsed = '(latest - ms)';
      const [r1, r2, r3] = [1, 2, 3].reduce<string[]>(
        (all, _) => [...all, `(${all.at(-1) ?? elapsed} % ${half} * 1024)`],
        [],
      );
      const tables = `((${bigints(COARSE)}[${r1} / ${half} + 1] * ${bigints(FINE)}[${r2} / ${half} + 1]) >> 31)`;
      const linear = `(2147483648 - ${r3} / ${half} * ${LINEAR} / 1073741824)`;
      return `((${tables} * ${linear}) >> 31) >> least(${GONE}, ${elapsed} / ${half})::integer`;
    }
    case 'places': {
      const { start, middle, end } = weighing;
      const cases = [
        ...(start.length > 0 ? [`WHEN i <= ${start.length} THEN ${bigints(start)}[i]`] : []),
        ...(end.length > 0 ? [`WHEN n - i < ${end.length} THEN ${bigints(end)}[n - i + 1]`] : []),
      ];
      return cases.length === 0 ? `${middle}::bigint` : `CASE ${cases.join(' ')} ELSE ${middle}::bigint END`;
    }
    case 'channels': {
      const { weights, other, spread } = weighing;
      const known = weights.map(([channel, weight]) => `WHEN ${text(channel)} THEN ${weight}`);
      const weight =
        known.length === 0 ? `${other}::bigint` : `(CASE key ${known.join(' ')} ELSE ${other} END)::bigint`;
      return spread ? `${weight} / like_this` : weight;
    }
    default:
      return weighing satisfies never;
  }
}

/** Credit of a touch where no weights are needed. */
function plainCredit(weighing: Weighing): string | null {
  switch (weighing.kind) {
    case 'first':
      return `CASE WHEN i = 1 THEN ${WHOLE_CREDIT}::bigint ELSE 0 END`;
    case 'last':
      return `CASE WHEN i = n THEN ${WHOLE_CREDIT}::bigint ELSE 0 END`;
    case 'linear':
      return `${WHOLE_CREDIT} / n + (i <= ${WHOLE_CREDIT} % n)::integer`;
    case 'position': {
      const { first, middle, last } = weighing;
      const half = firstOfTwo(weighing);
      return `CASE WHEN n = 1 THEN ${WHOLE_CREDIT}::bigint WHEN n = 2 AND i = 1 THEN ${half} WHEN n = 2 THEN ${WHOLE_CREDIT - half}
        WHEN i = 1 THEN ${first} WHEN i = n THEN ${last} ELSE ${middle} / (n - 2) + (i - 1 <= ${middle} % (n - 2))::integer END`;
    }
    default:
      return null;
  }
}

const OVER = 'OVER (PARTITION BY conversion)';

/** Adds `credit_<index>` for each model, then `amount_<index>`. */
function computed(relation: string, models: readonly Model[]): string {
  const all = models.map(({ weighing }, index) => ({ weighing, index }));
  const weighed = all.filter(({ weighing }) => weightOf(weighing) !== null);
  const columns = (from: typeof all, make: (index: number, weighing: Weighing) => Row): Row[] =>
    from.map(({ index, weighing }) => make(index, weighing));
  const given = layer(
    relation,
    columns(weighed, (n, weighing) => [`given_${n}`, weightOf(weighing) ?? '0']),
  );
  const weight = layer(
    given,
    columns(weighed, (n) => [`weight_${n}`, `CASE WHEN sum(given_${n}) ${OVER} = 0 THEN 1 ELSE given_${n} END`]),
  );
  const cut = layer(
    weight,
    columns(weighed, (n) => [`cut_${n}`, `${WHOLE_CREDIT} * weight_${n} / (sum(weight_${n}) ${OVER})::bigint`]),
  );
  const left = layer(
    cut,
    weighed.flatMap(({ index: n }): Row[] => [
      [`left_${n}`, `${WHOLE_CREDIT} - (sum(cut_${n}) ${OVER})::bigint`],
      [`place_${n}`, `count(*) FILTER (WHERE weight_${n} > 0) OVER (PARTITION BY conversion ORDER BY i)`],
    ]),
  );
  const credit = layer(
    left,
    columns(all, (n, weighing) => [
      `credit_${n}`,
      plainCredit(weighing) ?? `cut_${n} + (weight_${n} > 0 AND place_${n} <= left_${n})::integer`,
    ]),
  );
  const money = `SELECT l.*, c.sign, c.unit, div(c.nano, c.unit) AS k, mod(c.nano, c.unit) AS rest
    FROM (${credit}) AS l JOIN conversions AS c ON c.id = l.conversion`;
  const whole = layer(
    money,
    columns(all, (n) => [`share_${n}`, `div(k * credit_${n}, ${WHOLE_CREDIT})`]),
  );
  const ranked = layer(
    whole,
    all.flatMap(({ index: n }): Row[] => [
      [`over_${n}`, `k - sum(share_${n}) ${OVER}`],
      [
        `rank_${n}`,
        `row_number() OVER (PARTITION BY conversion ORDER BY mod(k * credit_${n}, ${WHOLE_CREDIT}) DESC, i)`,
      ],
      [`top_${n}`, `row_number() OVER (PARTITION BY conversion ORDER BY credit_${n} DESC, i)`],
    ]),
  );
  return layer(
    ranked,
    columns(all, (n) => [
      `amount_${n}`,
      `sign * ((share_${n} + (rank_${n} <= over_${n})::integer) * unit + CASE WHEN top_${n} = 1 THEN rest ELSE 0 END) * 0.000000001`,
    ]),
  );
}

/** Rows of the run for its share of the customers, in the order of {@link CREDIT_COLUMNS}. */
export function creditRows(statement: RunStatement): string {
  const { organization, run, parameters } = statement;
  const { models } = parameters;
  const keys = `ARRAY[${models.map(({ key }) => text(key)).join(', ')}]::text[]`;
  const each = (name: string): string => models.map((_, index) => `${name}_${index}`).join(', ');
  const head = `${uuid(organization)}, ${uuid(run)}, c.customer, c.id, c.recorded_at, c.data_source, c.currency, c.revenue`;
  return `WITH ${events(statement, parameters)},
credited AS MATERIALIZED (${computed(paths(parameters), models)})
SELECT ${head}, p.id, p.recorded_at, p.i::integer, p.n::integer, p.data_source, p.source_category, p.channel,
  p.campaign_id, p.asset_id, ${keys}, ARRAY[${each('p.credit')}]::bigint[], ARRAY[${each('p.amount')}]::numeric[]
FROM credited AS p JOIN conversions AS c ON c.id = p.conversion
UNION ALL
SELECT ${head}, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, ${keys},
  array_fill(CASE WHEN c.counts THEN ${WHOLE_CREDIT}::bigint ELSE 0 END, ARRAY[${models.length}]),
  array_fill(c.revenue, ARRAY[${models.length}])
FROM conversions AS c WHERE NOT EXISTS (SELECT FROM credited AS p WHERE p.conversion = c.id)`;
}

export const insertCredit = (statement: RunStatement): string =>
  `INSERT INTO attribution_credit (${CREDIT_COLUMNS.join(', ')}) ${creditRows(statement)}`;

/** See `transitions` of `clickhouse.ts`. */
export function transitions(statement: RunStatement, order: number): string {
  const { parameters } = statement;
  const { range } = parameters;
  const during = range === null ? '' : `AND ms BETWEEN ${range.from} AND ${range.to}`;
  const idle = `idle AS (
  SELECT customer, customer AS id, max(ms) AS ms, true AS counts, min(ms) - 1 AS previous FROM touches
  WHERE customer NOT IN (SELECT customer FROM sales) ${during} GROUP BY customer
)`;
  const ofIdle = { ...parameters, lookback_ms: Number.MAX_SAFE_INTEGER, reset: range !== null };
  const lag = (n: number): string =>
    n === 0 ? `'c' || key` : `coalesce('c' || lag(key, ${n}) OVER (PARTITION BY conversion ORDER BY i), '')`;
  const state = Array.from({ length: order }, (_, n) => lag(order - 1 - n)).join(` || chr(31) || `);
  const states = (relation: string, end: string): string =>
    `SELECT customer, conversion, i, n, ${state} AS state, '${end}' AS finish FROM (${relation}) AS p`;
  return `WITH ${events(statement, parameters)}, ${idle},
states AS (${states(paths(parameters), 'v')} UNION ALL ${states(paths(ofIdle, 'idle'), 'n')}),
steps AS (
  SELECT customer, coalesce(lag(state) OVER (PARTITION BY finish, conversion ORDER BY i), 's') AS source, state AS target FROM states
  UNION ALL SELECT customer, state, finish FROM states WHERE i = n
)
SELECT get_byte(decode(md5(customer::text), 'hex'), 0) AS part, source, target, count(*) AS steps
FROM steps GROUP BY part, source, target`;
}
