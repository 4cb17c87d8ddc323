import { Field, Int, ObjectType } from '@nestjs/graphql';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { GraphQLJSON } from 'graphql-scalars';
import { Described } from '../common/described.js';
import { ATTRIBUTION_MODELS } from '../compiler/model/relations.js';
import { ON_MISSING_RATE } from '../compiler/query/money.js';
import { COMPARISONS, FILLS, TIME_GRAINS } from '../compiler/query/types.js';

/** For the OpenAPI document; the body itself is read by `readReportRequest`. */
export class QueryRequestDto {
  @ApiPropertyOptional({ type: [String], description: 'Keys or aliases of metrics.', example: ['spend', 'roas'] })
  metrics?: string[];
  @ApiPropertyOptional({ type: [String], description: 'Keys or aliases to group by.', example: ['data_source'] })
  dimensions?: string[];
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description:
      '{ member, operator, values }, or { and: […] }, or { or: […] }. Operators: equals notEquals contains notContains startsWith endsWith gt gte lt lte set notSet inDateRange notInDateRange beforeDate afterDate; on metrics they filter groups.',
    example: { and: [{ member: 'data_source', operator: 'equals', values: ['meta_ads', 'google_ads'] }] },
  })
  filters?: unknown;
  @ApiPropertyOptional({
    description:
      'Days (both ends included) or instants { from, to }; { last, unit, complete }; or a name: today, yesterday, this_week, last_week, this_month, last_month, month_to_date, this_quarter, last_quarter, quarter_to_date, this_year, last_year, year_to_date, all_time.',
    type: 'object',
    additionalProperties: true,
    example: { from: '2026-01-01', to: '2026-01-31' },
  })
  date_range?: unknown;
  @ApiPropertyOptional({
    enum: TIME_GRAINS,
    description: 'Adds the column `recorded_at`, one bucket a row.',
    example: 'daily',
  })
  time_grain?: string;
  @ApiPropertyOptional({
    description: 'IANA zone, or an offset such as UTC+05:30; the organisation’s when absent.',
    example: 'America/New_York',
  })
  time_zone?: string;
  @ApiPropertyOptional({
    description: 'Sort order by selected keys.',
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    example: [{ member: 'spend', direction: 'desc' }],
  })
  order?: unknown[];
  @ApiPropertyOptional({
    description:
      'Most rows; `meta.truncated` says if there were more. Without it 10,000 in JSON, all in CSV and NDJSON.',
    example: 100,
  })
  limit?: number;
  @ApiPropertyOptional({ description: 'Rows to leave out first.', example: 0 }) offset?: number;
  @ApiPropertyOptional({
    description: 'Also the metrics over all matching rows, computed by the engine.',
    example: true,
  })
  totals?: boolean;
  @ApiPropertyOptional({
    enum: COMPARISONS,
    description:
      'Adds `<metric>__previous` and `<metric>__change` to each metric. Needs a date range. Complete periods are compared: ' +
      'of a range that still runs, the days that are over, with as many of the range before; `meta` says which. ' +
      '{ "last": 1, "unit": "month", "complete": false } compares what there is so far with as much of the month before.',
    example: 'previous_period',
  })
  compare?: string;
  @ApiPropertyOptional({
    enum: FILLS,
    description: 'What stands in time buckets without rows: nothing, 0 for what adds up, or null.',
    example: 'none',
  })
  fill?: string;
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description:
      'Only the first values of a dimension, by a metric; the rest is one row, marked true in `<dimension>__other`.',
  })
  top?: unknown;
  @ApiPropertyOptional({
    type: 'array',
    items: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    description: 'Selected dimensions: for each, the metrics grouped by the dimensions up to and including it.',
  })
  subtotals?: unknown[];
  @ApiPropertyOptional({
    example: 'linear',
    description:
      `For attributed metrics: ${ATTRIBUTION_MODELS.join(', ')}, or one of the organisation’s own; linear when absent. ` +
      '`attributed_revenue:first_touch` names one in place, so that several stand side by side.',
  })
  attribution_model?: string;
  @ApiPropertyOptional({
    description:
      'ISO 4217 code into which amounts are converted, row by row at the rate of the row’s UTC day; the organisation’s ' +
      'currency when absent. `as_recorded` leaves them as they are, and is refused where several currencies would be put together.',
    example: 'EUR',
  })
  currency?: string;
  @ApiPropertyOptional({
    enum: ON_MISSING_RATE,
    description:
      'Where an exchange rate is missing: refuse with `fx_rate_missing` (`error`, the default), or leave the number empty and say so.',
  })
  on_missing_rate?: string;
  @ApiPropertyOptional({ description: '`next_cursor` of the page before; the request must be the same otherwise.' })
  cursor?: string;
}

@ObjectType('ResultColumn', { description: 'A column of a result.' })
export class ResultColumnDto {
  @Described({ description: 'Key of the member, or `recorded_at`.', type: () => String }) name!: string;
  @Described({ description: 'Name shown to people.', type: () => String }) label!: string;
  @Described({ description: '`time`, `dimension` or `metric`.', type: () => String }) role!: string;
  @Described({ description: 'Type of the values.', type: () => String }) type!: string;
  @Described({ description: 'Unit of the values.', type: () => String, optional: true }) unit!: string | null;
  @Described({ description: 'What it means.', type: () => String, optional: true }) description!: string | null;
  @Described({ description: 'Metrics behind a calculated one.', type: () => [String] }) lineage!: readonly string[];
}

@ObjectType('ResultMeta', { description: 'How the answer came to be.' })
export class ResultMetaDto {
  @Described({ description: 'Hash of the model that gave the definitions.', type: () => String }) snapshot!: string;
  @Described({
    description:
      'Data source → latest instant for which it has rows. Empty for who sees only some rows, or not which source a row is from.',
    type: () => GraphQLJSON,
    schema: { type: 'object' },
  })
  data_as_of!: Record<string, string>;
  @Described({
    description: 'Instants [from, to) that the range meant; null for all time.',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'object' },
  })
  date_range!: { from: string; to: string } | null;
  @Described({
    description:
      'Mode of the comparison, the instants [from, to) that the twins are from, and in `left_out` those of the range that are not compared because they are not over; null where all are.',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'object' },
  })
  compare?: unknown;
  @Described({
    description:
      'What amounts are in: `code` (null for amounts as recorded), and the `rates` by which they were converted, each with sources and as-of.',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'object' },
  })
  currency?: unknown;
  @Described({ description: 'Zone of the time buckets.', type: () => String }) time_zone!: string;
  @Described({ description: 'True when there were more rows than these.', type: () => Boolean }) truncated!: boolean;
  @Described({ description: 'True when the answer came from the cache.', type: () => Boolean }) cached!: boolean;
  @Described({
    description: 'Alias → key, for each alias that the request used.',
    type: () => GraphQLJSON,
    schema: { type: 'object' },
  })
  aliases!: Readonly<Record<string, string>>;
  @Described({
    description: 'What to be careful about.',
    type: () => GraphQLJSON,
    schema: { type: 'array', items: { type: 'object' } },
  })
  warnings!: readonly unknown[];
  @Field(() => Int, { description: 'Milliseconds spent in the engine.' })
  @ApiProperty({ type: 'integer' })
  engine_ms!: number;
  @Described({ description: 'The SQL that ran; only with `explain`.', type: () => String, optional: true }) sql?:
    string | null;
  @Described({
    description: 'Name of the rollup that answers, null where rows do; only with `explain`.',
    type: () => String,
    optional: true,
  })
  rollup?: string | null;
  @Described({
    description: 'Why each rollup that there is can’t answer; only with `explain`.',
    type: () => String,
    optional: true,
  })
  rollup_reason?: string | null;
  @Described({
    description:
      'Only with `explain`: each selected member and all behind it, with what it reads, its aggregation, formula, filter, window or conversion, and what that names.',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'array', items: { type: 'object' } },
  })
  lineage?: readonly unknown[];
}

@ObjectType('QueryResult', { description: 'The answer to a query or a report view.' })
export class QueryResultDto {
  @Described({ description: 'Columns, in order.', type: () => [ResultColumnDto] }) columns!: readonly ResultColumnDto[];
  @Field(() => GraphQLJSON, { description: 'Rows as objects by column name. Money is text, so that no cent is lost.' })
  @ApiProperty({
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    example: [{ recorded_at: '2026-01-01', data_source: 'meta_ads', spend: '120.50', roas: 3.1 }],
  })
  rows!: readonly Readonly<Record<string, unknown>>[];
  @Field(() => GraphQLJSON, { nullable: true, description: 'Metrics over all matching rows; null unless asked for.' })
  @ApiProperty({ type: 'object', additionalProperties: true, nullable: true, example: { spend: '120.50' } })
  totals!: Readonly<Record<string, unknown>> | null;
  @Described({
    description: 'For each subtotal asked for, the columns that it is by, and its rows.',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'array', items: { type: 'object' } },
  })
  subtotals?: readonly unknown[];
  @Described({ description: 'Asks for the next page; absent on the last.', type: () => String, optional: true })
  next_cursor?: string;
  @Described({ description: 'How the answer came to be.', type: () => ResultMetaDto }) meta!: ResultMetaDto;
}
