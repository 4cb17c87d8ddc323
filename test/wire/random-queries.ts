/** Random queries over dimensions and plain measures, in the shapes that people and tools write. Deterministic by seed. */

export class Dice {
  constructor(private state: number) {}

  below(count: number): number {
    // Mulberry32.
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  }

  one<T>(of: readonly T[]): T {
    return of[this.below(of.length)] as T;
  }

  some<T>(of: readonly T[], most: number): T[] {
    const left = [...of];
    return Array.from({ length: 1 + this.below(most) }, () => left.splice(this.below(left.length), 1)[0] as T);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}

export const SOURCES = ['meta_ads', 'google_ads', 'tiktok_ads', 'mail', 'web_shop'];
export const CAMPAIGNS = ['spring', 'Summer Sale', 'a%b', "it's", 'über_all', 'zz\\top', null];

const DIMENSIONS = ['data_source', 'source_category', 'campaign_name', 'currency'];
const KEYS = [
  ...DIMENSIONS,
  ...DIMENSIONS,
  `date_trunc('month', recorded_at)`,
  `date_trunc('day', recorded_at)`,
  `date_trunc('week', recorded_at)`,
  `date_trunc('quarter', recorded_at)`,
  `date_trunc('year', recorded_at)`,
  `date_trunc('hour', recorded_at)`,
  'recorded_at::date',
  'DATE(recorded_at)',
  "CAST(date_trunc('month', recorded_at) AS date)",
  'extract(dow FROM recorded_at)',
  `to_char(recorded_at, 'YYYY-MM')`,
  'upper(data_source)',
  `CASE WHEN campaign_name LIKE 's%' THEN 'S' WHEN campaign_name IS NULL THEN 'none' ELSE 'other' END`,
  `coalesce(campaign_name, '-')`,
  `(data_source = 'meta_ads')`,
  'left(data_source, 2)',
  'floor(clicks / 10.0) * 10',
  'spend > 50',
];
const AGGREGATES = [
  'SUM(spend)',
  'SUM(spend)',
  'SUM(clicks)',
  'SUM(revenue)',
  'COUNT(*)',
  'COUNT(1)',
  'COUNT(campaign_name)',
  'COUNT(DISTINCT campaign_name)',
  'COUNT(DISTINCT data_source)',
  'MIN(data_source)',
  'MAX(recorded_at)',
  'MIN(recorded_at::date)',
  'AVG(spend)',
  'MAX(clicks)',
  'COUNT(spend)',
  'SUM(spend * clicks)',
  `SUM(CASE WHEN data_source = 'meta_ads' THEN spend ELSE 0 END)`,
  `SUM(spend) FILTER (WHERE campaign_name IS NOT NULL)`,
  `COUNT(*) FILTER (WHERE data_source <> 'meta_ads')`,
  'SUM(spend) / NULLIF(SUM(clicks), 0)',
  'SUM(revenue) - COALESCE(SUM(spend), 0)',
  'round(SUM(spend), 1)',
  `string_agg(DISTINCT data_source, ',' ORDER BY data_source)`,
  'SUM(COUNT(*)) OVER ()',
  ...['MEASURE(roas)', 'MEASURE(cpc)', 'MEASURE(roas)', 'MEASURE(cpc)'],
];

/** Measures that can't be put together from parts; the organisation of the test defines them. */
export const WHOLE_MEASURES = [
  { metric_key: 'middle_spend', aggregation: 'median', expression: 'spend', additivity: 'non_additive' },
  {
    metric_key: 'spend_by_clicks',
    aggregation: 'weighted_avg',
    expression: 'spend',
    weight: 'clicks',
    additivity: 'non_additive',
  },
  {
    metric_key: 'posted_campaigns',
    aggregation: 'distinct',
    data_type: 'integer',
    expression: 'campaign_name',
    additivity: 'non_additive',
    filter: { member: 'data_source', operator: 'notEquals', values: ['mail'] },
  },
  { metric_key: 'revenue_share', window: { kind: 'share', metric: 'revenue', within: [] } },
] as const;

/** Calculated measures written out, for a Postgres that knows none. */
const FORMULAS: Readonly<Record<string, string>> = {
  roas: 'round(SUM(revenue) / NULLIF(SUM(spend), 0), 9)',
  cpc: 'round(SUM(spend) / NULLIF(SUM(clicks), 0), 9)',
  middle_spend: 'round((percentile_cont(0.5) WITHIN GROUP (ORDER BY spend))::numeric, 9)',
  spend_by_clicks: 'round(SUM(spend * clicks) / NULLIF(SUM(clicks) FILTER (WHERE spend IS NOT NULL), 0), 9)',
  posted_campaigns: `COUNT(DISTINCT campaign_name) FILTER (WHERE data_source <> 'mail')`,
  revenue_share: 'round(SUM(revenue) / NULLIF(SUM(SUM(revenue)) OVER (), 0), 9)',
};
export const writtenOut = (sql: string): string =>
  sql.replaceAll(/MEASURE\((\w+)\)/g, (measure, name: string) => FORMULAS[name] ?? measure);
const COLUMNS = [
  'data_source',
  'campaign_name',
  'spend',
  'clicks',
  'revenue',
  'recorded_at',
  'source_category',
  'spend * 2',
  'lower(campaign_name)',
];

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function condition(dice: Dice, depth = 0): string {
  const dimension = dice.one(DIMENSIONS);
  const value = (): string =>
    quote(dice.one([...SOURCES, ...CAMPAIGNS.filter((each) => each !== null), 'USD', 'external_marketing']));
  const day = (): string =>
    `2025-${String(1 + dice.below(12)).padStart(2, '0')}-${String(1 + dice.below(28)).padStart(2, '0')}`;
  const instant = (): string =>
    quote(`${day()} ${String(dice.below(24)).padStart(2, '0')}:30:00.${dice.one(['000', '5', '000001'])}`);
  switch (dice.below(depth > 1 ? 14 : 18)) {
    case 0:
    case 1:
      return `${dimension} = ${value()}`;
    case 2:
      return `${dimension} ${dice.one(['<>', '<', '<=', '>', '>='])} ${value()}`;
    case 3:
      return `${dimension} ${dice.one(['IN', 'NOT IN'])} (${value()}, ${value()}${dice.chance(10) ? ', NULL' : ''})`;
    case 4:
      return `${dimension} IS ${dice.one(['', 'NOT '])}NULL`;
    case 5:
      return `${dimension} ${dice.one(['LIKE', 'ILIKE', 'NOT LIKE', '~', '!~*'])} ${dice.one([`'s%'`, `'%A%'`, `'^m'`, `'%\\%%'`, `'Ü%'`]).replace(/^'\^m'$/, `'^m'`)}`;
    case 6:
    case 7:
      return `recorded_at ${dice.one(['>=', '>', '<', '<=', '='])} ${instant()}`;
    case 8:
      return `recorded_at BETWEEN ${quote(day())} AND ${quote(day())}`;
    case 9:
      return `${dice.one(['recorded_at::date', 'DATE(recorded_at)'])} ${dice.one(['=', '>=', '<', '>', '<='])} ${quote(day())}`;
    case 10:
      return `date_trunc('month', recorded_at) = ${quote(day().slice(0, 8) + '01')}`;
    case 11:
      return `extract(dow FROM recorded_at) IN (0, 6)`;
    case 12:
      return `spend ${dice.one(['>', '<='])} ${dice.below(60)}`;
    case 13:
      return dice.one([
        '1 = 1',
        'true',
        'clicks IS NOT NULL',
        `upper(data_source) = 'MAIL'`,
        'NULL::boolean',
        `now() > '2020-01-01'`,
      ]);
    case 14:
      return `(${condition(dice, depth + 1)} OR ${condition(dice, depth + 1)})`;
    case 15:
      return `NOT (${condition(dice, depth + 1)})`;
    case 16:
      return `data_source IN (SELECT data_source FROM marketing WHERE ${condition(dice, depth + 2)})`;
    default:
      return `(${condition(dice, depth + 1)} AND ${condition(dice, depth + 1)})`;
  }
}

const where = (dice: Dice): string =>
  dice.chance(65) ? ` WHERE ${Array.from({ length: 1 + dice.below(2) }, () => condition(dice)).join(' AND ')}` : '';

function from(dice: Dice): string {
  switch (dice.below(6)) {
    case 0:
      return `(SELECT * FROM marketing${where(dice)}) AS m`;
    case 1:
      return `(SELECT recorded_at, data_source, source_category, campaign_name, currency, spend, clicks, revenue FROM public.marketing AS x${where(dice)}) AS m`;
    default:
      return dice.one(['marketing', 'marketing AS m', '"public"."marketing"']);
  }
}

function grouped(dice: Dice, mayCount = true): string {
  const keys = dice.chance(85) ? dice.some(KEYS, 3) : [];
  const aggregates = mayCount || keys.length === 0 ? dice.some(AGGREGATES, 3) : [];
  const selected = [
    ...keys.map((key, index) => `${key} AS k${index}`),
    ...aggregates.map((each, index) => `${each} AS a${index}`),
  ];
  const group =
    keys.length === 0
      ? ''
      : dice.chance(10)
        ? ` GROUP BY ${dice.one(['ROLLUP', 'CUBE'])} (${keys.join(', ')})`
        : ` GROUP BY ${dice.chance(50) ? keys.map((_, index) => index + 1).join(', ') : keys.join(', ')}`;
  const having = dice.chance(15)
    ? ` HAVING ${dice.one(['SUM(spend) > 20', 'COUNT(*) > 2', 'MAX(data_source) IS NOT NULL'])}`
    : '';
  const order = selected.map((_, index) => `${index + 1}${dice.one(['', ' DESC', ' NULLS FIRST'])}`).join(', ');
  const limit = dice.chance(25)
    ? ` ORDER BY ${order} LIMIT ${1 + dice.below(8)}${dice.chance(30) ? ' OFFSET 2' : ''}`
    : '';
  return `SELECT ${selected.join(', ')} FROM ${from(dice)}${where(dice)}${group}${having}${limit}`;
}

/** Groups by expressions, of measures that are calculated from the rows of a group only. */
function groupedWhole(dice: Dice): string {
  const ofTime = [
    `date_trunc('month', recorded_at)`,
    'extract(dow FROM recorded_at)',
    `date_part('month', recorded_at)`,
    `to_char(recorded_at, 'YYYY-MM')`,
    `to_char(recorded_at, 'Dy')`,
    `extract(quarter FROM recorded_at)`,
    'recorded_at::date',
  ];
  const ofDimensions = [
    ...DIMENSIONS,
    'upper(campaign_name)',
    `coalesce(campaign_name, '-')`,
    `nullif(campaign_name, 'spring')`,
    `CASE WHEN campaign_name LIKE 's%' THEN 'S' WHEN campaign_name IS NULL THEN 'none' ELSE 'other' END`,
    `CASE WHEN data_source IN ('mail', 'web_shop') THEN 'own' ELSE 'paid' END`,
    `(data_source = 'meta_ads')`,
    'length(data_source)',
    `left(source_category, 8)`,
  ];
  const isByTime = dice.chance(50);
  const keys = dice.some(isByTime ? [...ofTime, ...ofDimensions] : ofDimensions, 3);
  const whole = ['middle_spend', 'spend_by_clicks', 'posted_campaigns', ...(isByTime ? [] : ['revenue_share'])];
  const measures = [
    ...dice.some(whole, 2).map((name) => `MEASURE(${name})`),
    ...dice.some(['SUM(spend)', 'COUNT(*)', 'MEASURE(roas)', 'SUM(clicks)'], 2),
  ];
  const conditions = [
    `data_source <> 'web_shop'`,
    `upper(campaign_name) LIKE '%S%'`,
    'campaign_name IS NOT NULL',
    `recorded_at >= '2025-03-09 12:30'`,
    `recorded_at::date < '2025-10-27'`,
  ];
  const filter = dice.chance(60) ? ` WHERE ${dice.some(conditions, 2).join(' AND ')}` : '';
  const having = dice.chance(20) && !measures.includes('MEASURE(revenue_share)') ? ' HAVING COUNT(*) > 3' : '';
  const selected = [...keys.map((key, index) => `${key} AS k${index}`), ...measures];
  return `SELECT ${selected.join(', ')} FROM marketing AS m${filter} GROUP BY ${keys.map((_, index) => index + 1).join(', ')}${having}`;
}

function rows(dice: Dice): string {
  const columns = dice.some(COLUMNS, 4);
  const distinct = dice.chance(25) ? 'DISTINCT ' : '';
  const order = columns.map((_, index) => index + 1).join(', ');
  const limit = dice.chance(30) ? ` ORDER BY ${order} LIMIT ${1 + dice.below(20)}` : '';
  return `SELECT ${distinct}${columns.join(', ')} FROM ${from(dice)}${where(dice)}${limit}`;
}

export function randomQuery(dice: Dice): string {
  switch (dice.below(13)) {
    case 12:
      return groupedWhole(dice);
    case 0:
    case 1:
      return rows(dice);
    case 2:
      return `WITH g AS (${grouped(dice)}) SELECT COUNT(*), MAX(a0) FROM g`;
    case 3:
      return `SELECT * FROM (${grouped(dice)}) AS s WHERE a0 IS NOT NULL`;
    case 4:
      return `SELECT data_source, COUNT(*) FROM marketing${where(dice)} GROUP BY 1 UNION ALL SELECT source_category, SUM(clicks) FROM marketing${where(dice)} GROUP BY source_category`;
    case 5:
      return `SELECT v.name, SUM(m.spend), COUNT(m.data_source) FROM (VALUES ('meta_ads', 'Meta'), ('mail', 'Post'), ('x', 'None')) AS v(source, name) LEFT JOIN marketing AS m ON m.data_source = v.source GROUP BY 1`;
    case 6:
      return `SELECT data_source, spend, rank() OVER (PARTITION BY data_source ORDER BY spend NULLS LAST) AS r FROM marketing${where(dice)}`;
    default:
      return grouped(dice, !dice.chance(8));
  }
}
