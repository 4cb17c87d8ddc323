import { Field, ID, InputType, Int, ObjectType, PartialType as GraphqlPartialType } from '@nestjs/graphql';
import { ApiProperty } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsObject,
  IsString,
  Length,
  Matches,
  MaxLength,
} from 'class-validator';
import { GraphQLJSON } from 'graphql-scalars';
import { Described } from '../common/described.js';
import {
  ADDITIVITIES,
  AGGREGATIONS,
  CATEGORIES,
  DATA_TYPES,
  METRIC_TYPES,
  type Additivity,
  type Aggregation,
  type Category,
  type ConversionDefinition,
  type DataType,
  type MetricType,
  type WindowDefinition,
} from '../compiler/model/types.js';

const KEY = /^[a-z][a-z0-9_]{0,62}$/;
const KEY_MESSAGE = 'must start with a letter and hold only a–z, 0–9 and _ (63 characters at most)';

/** Body of `POST /api/marketing/metrics`. */
@InputType('MetricInput', { description: 'A metric or dimension to define.' })
export class CreateMetricDto {
  @Described({
    description: 'Name that everyone asks by; also the payload field, unless `expression` or `formula` says otherwise.',
    type: () => String,
    example: 'blended_roas',
  })
  @Matches(KEY, { message: `metric_key ${KEY_MESSAGE}` })
  metric_key!: string;

  @Described({
    description: 'Key of the standard library that this one stands for.',
    type: () => String,
    optional: true,
    example: 'campaign_roas',
  })
  @Matches(KEY, { message: `standard_key ${KEY_MESSAGE}` })
  standard_key?: string | null;

  @Described({ description: 'Name shown to people.', type: () => String, example: 'Blended ROAS' })
  @Length(1, 200)
  display_label!: string;

  @Described({
    description: 'What it means, shown beside the number.',
    type: () => String,
    optional: true,
    example: 'All revenue over all ad spend',
  })
  @MaxLength(2_000)
  description?: string | null;

  @Described({
    description: 'Where it comes from.',
    type: () => String,
    oneOf: CATEGORIES,
    optional: true,
    example: 'calculated',
  })
  @IsIn(CATEGORIES)
  category?: Category | null;

  @Described({
    description: 'A number to aggregate, or a field to group by.',
    type: () => String,
    oneOf: METRIC_TYPES,
    example: 'metric',
  })
  @IsIn(METRIC_TYPES)
  metric_type!: MetricType;

  @Described({ description: 'Type of the value.', type: () => String, oneOf: DATA_TYPES, example: 'float' })
  @IsIn(DATA_TYPES)
  data_type!: DataType;

  @Described({
    description: 'How rows are put together; for a plain metric.',
    type: () => String,
    oneOf: AGGREGATIONS,
    optional: true,
  })
  @IsIn(AGGREGATIONS)
  aggregation?: Aggregation | null;

  @Described({
    description:
      'Of a metric: an expression over other metrics, aggregated first, then calculated. Of a dimension: one over the fields of a row. Division by zero is null.',
    type: () => String,
    optional: true,
    example: 'revenue / spend',
  })
  @IsString()
  @MaxLength(4_096)
  formula?: string | null;

  @Described({
    description:
      'Where the value is, if not in the payload field named like the key: a dotted path, a base column, or `*` to count rows.',
    type: () => String,
    optional: true,
  })
  @MaxLength(512)
  expression?: string | null;

  @Described({ description: 'For `weighted_avg`: the field that weighs each row.', type: () => String, optional: true })
  @MaxLength(512)
  weight?: string | null;

  @Described({
    description:
      'For a plain metric: only rows that meet this count. Conditions on dimensions, in the notation of a query’s filters.',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'object' },
    example: { member: 'device', operator: 'equals', values: ['mobile'] },
  })
  filter?: unknown;

  @Described({
    description:
      'Looks at another metric over time or beside its peers, instead of aggregation and formula. `kind` is cumulative, rolling (`count`, `unit`), to_date (`unit`), previous (`count`, `unit`, `output`) or share (`within`); `metric` names the other one.',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'object' },
    example: { kind: 'rolling', metric: 'spend', count: 7, unit: 'day' },
  })
  @IsObject()
  window?: WindowDefinition | null;

  @Described({
    description:
      'Customers who did `to` within `days` after they first did `from`, instead of aggregation and formula: their `rate` or `count` (`output`).',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'object' },
    example: {
      from: { member: 'source_category', operator: 'equals', values: ['platform_native'] },
      to: { member: 'source_category', operator: 'equals', values: ['external_revenue'] },
      days: 30,
      output: 'rate',
    },
  })
  @IsObject()
  conversion?: ConversionDefinition | null;

  @Described({
    description: 'Over which groupings the number may be summed.',
    type: () => String,
    oneOf: ADDITIVITIES,
    optional: true,
    example: 'non_additive',
  })
  @IsIn(ADDITIVITIES)
  additivity?: Additivity | null;

  @Described({ description: 'Unit shown with the number.', type: () => String, optional: true })
  @MaxLength(20)
  unit?: string | null;

  @Described({
    description: 'Whoever reads it, at whichever door, is noted in the audit trail (`data.read_sensitive`).',
    type: () => Boolean,
    optional: true,
    example: true,
  })
  @IsBoolean()
  is_sensitive?: boolean | null;

  @Described({
    description: 'Tables or views that it depends on.',
    type: () => [String],
    optional: true,
    example: ['unified_marketing_data'],
  })
  @IsArray()
  @ArrayMaxSize(50)
  @MaxLength(128, { each: true })
  source_tables?: string[] | null;

  @Described({
    description: 'Other or older names that mean the same.',
    type: () => [String],
    optional: true,
    example: ['roas_old'],
  })
  @IsArray()
  @ArrayMaxSize(50)
  @Matches(KEY, { each: true, message: `each of alias_keys ${KEY_MESSAGE}` })
  alias_keys?: string[] | null;
}

/** Body of `PATCH /api/marketing/metrics/:id`: only what changes. */
@InputType('MetricPatch', { description: 'What to change of a metric or dimension; absent fields stay.' })
export class UpdateMetricDto extends GraphqlPartialType(CreateMetricDto) {
  @Described({
    description: 'False deactivates, true brings a deactivated one back.',
    type: () => Boolean,
    optional: true,
  })
  @IsBoolean()
  is_active?: boolean;
}

@ObjectType({ description: 'Something that is wrong, or may be, with a definition.' })
export class DiagnosticDto {
  @Described({ description: 'Stable code.', type: () => String, example: 'formula_syntax' }) code!: string;
  @Described({
    description: 'An error quarantines the metric, a warning does not.',
    type: () => String,
    oneOf: ['error', 'warning'],
  })
  severity!: string;
  @Described({ description: 'What is wrong and what to do.', type: () => String }) message!: string;
  @Described({ description: 'JSON pointer into the definition.', type: () => String, example: '/formula' })
  pointer!: string;
  @Described({
    description: 'Characters [from, to) in that text.',
    type: () => [Int],
    optional: true,
    example: [10, 15],
  })
  range?: readonly number[];
  @Described({ description: 'Names that may have been meant.', type: () => [String], optional: true })
  suggestions?: readonly string[];
  @Described({
    description: 'The name that nothing goes by, here or in what it builds on.',
    type: () => String,
    optional: true,
  })
  missing?: string;
}

/** One row of `marketing_metrics_config`, or an entry of the standard library, with what the checks found. */
@ObjectType('Metric', { description: 'A metric or dimension of the organisation.' })
export class MetricDto {
  @Field(() => ID, { description: 'Unique identifier.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'Name that everyone asks by.', type: () => String }) metric_key!: string;
  @Described({ description: 'Key of the standard library that it stands for.', type: () => String, optional: true })
  standard_key!: string | null;
  @Described({ description: 'Name shown to people.', type: () => String }) display_label!: string;
  @Described({ description: 'What it means.', type: () => String, optional: true }) description!: string | null;
  @Described({ description: 'Where it comes from.', type: () => String, oneOf: CATEGORIES }) category!: string;
  @Described({ description: '`metric` or `dimension`.', type: () => String, oneOf: METRIC_TYPES }) metric_type!: string;
  @Described({ description: 'Type of the value.', type: () => String, oneOf: DATA_TYPES }) data_type!: string;
  @Described({ description: 'How rows are put together.', type: () => String, optional: true }) aggregation!:
    string | null;
  @Described({ description: 'Expression over other metrics.', type: () => String, optional: true }) formula!:
    string | null;
  @Described({ description: 'Where the value is.', type: () => String, optional: true }) expression!: string | null;
  @Described({ description: 'Field that weighs each row.', type: () => String, optional: true }) weight!: string | null;
  @Described({ description: 'Rows that count.', type: () => GraphQLJSON, optional: true, schema: { type: 'object' } })
  filter?: unknown;
  @Described({
    description: 'Look at another metric over time or beside its peers.',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'object' },
  })
  window?: WindowDefinition | null;
  @Described({
    description: 'Two events of the same customer.',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'object' },
  })
  conversion?: ConversionDefinition | null;
  @Described({ description: 'Over which groupings it may be summed.', type: () => String, oneOf: ADDITIVITIES })
  additivity!: string;
  @Described({ description: 'Unit shown with the number.', type: () => String, optional: true }) unit!: string | null;
  @Described({ description: 'Whether reading it is noted in the audit trail.', type: () => Boolean })
  is_sensitive!: boolean;
  @Described({ description: 'Tables it depends on.', type: () => [String] }) source_tables!: string[];
  @Described({ description: 'Other names that mean the same.', type: () => [String] }) alias_keys!: string[];
  @Described({ description: 'False once deactivated.', type: () => Boolean }) is_active!: boolean;
  @Described({
    description: '`standard` (from the library) or `organization`.',
    type: () => String,
    oneOf: ['standard', 'organization'],
  })
  origin!: string;
  @Described({
    description: '`quarantined`: has an error and can’t be queried.',
    type: () => String,
    oneOf: ['valid', 'quarantined', 'inactive'],
  })
  status!: string;
  @Described({ description: 'What the checks found.', type: () => [DiagnosticDto] })
  diagnostics!: readonly DiagnosticDto[];
  @Described({ description: 'Keys of the metrics that the formula names.', type: () => [String] })
  depends_on!: readonly string[];
  @Described({ description: 'When it was defined; null for the standard library.', type: () => String, optional: true })
  created_at!: string | null;
  @Described({ description: 'When it was last changed.', type: () => String, optional: true }) updated_at!:
    string | null;
}

export class MetricListDto {
  @ApiProperty({ type: [MetricDto] }) data!: MetricDto[];
  @ApiProperty({
    nullable: true,
    type: String,
    description: 'Give it back as `cursor` for the next page; null at the end.',
  })
  next_cursor!: string | null;
}

@ObjectType('Notice', { description: 'Something that happens beside what was asked for.' })
export class NoticeDto {
  @Described({ description: 'Stable code.', type: () => String, example: 'old_key_kept_as_alias' }) code!: string;
  @Described({ description: 'What happens, and what to do if it is not wanted.', type: () => String }) message!: string;
  @Described({ description: 'JSON pointer into the definition.', type: () => String, example: '/alias_keys' })
  pointer!: string;
}

@ObjectType('ReportViewImpact', { description: 'A saved report view that a change of definitions affects.' })
export class ViewImpactDto {
  @Field(() => ID, { description: 'Id of the view.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'Title of the view.', type: () => String, example: 'Spend and ROAS by source' })
  report_name!: string;
  @Described({
    description:
      '`stops`: it is refused until it is repaired. `changes`: it runs and says that it is without a metric, or a number in it means something else, or a column has a new name.',
    type: () => String,
    oneOf: ['stops', 'changes'],
  })
  effect!: string;
  @Described({
    description: 'What is wrong, or what changes.',
    type: () => [String],
    example: ['“blended_roas” is calculated in another way.'],
  })
  reasons!: readonly string[];
  @Described({
    description: 'Ids of the active schedules that send it: their reports stop or change, too.',
    type: () => [String],
  })
  schedules!: readonly string[];
}

@ObjectType('DashboardImpact', { description: 'A dashboard that a change of definitions affects.' })
export class DashboardImpactDto {
  @Field(() => ID, { description: 'Id of the dashboard.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'Its title.', type: () => String, example: 'Marketing overview' }) dashboard_name!: string;
  @Described({
    description:
      '`stops`: some widgets show the reason in place of numbers. `changes`: one is without a metric, a number means something else, or a column has a new name.',
    type: () => String,
    oneOf: ['stops', 'changes'],
  })
  effect!: string;
  @Described({ description: 'What is wrong, or what changes.', type: () => [String] }) reasons!: readonly string[];
  @Described({ description: 'Ids of those widgets.', type: () => [String], example: ['w2'] })
  widgets!: readonly string[];
}

const BREAKS = {
  description: 'Keys of other metrics that are quarantined by this.',
  type: () => [String],
  example: ['margin'],
};
const VIEWS = { description: 'Saved report views that stop or change.', type: () => [ViewImpactDto] };
const DASHBOARDS = {
  description: 'Dashboards of which widgets stop or change.',
  type: () => [DashboardImpactDto],
};
const NOTICES = { description: 'What happens beside what was asked for.', type: () => [NoticeDto] };

@ObjectType('WrittenMetric', { description: 'A metric or dimension as it was written, and what that did to others.' })
export class WrittenMetricDto extends MetricDto {
  @Described(BREAKS) breaks!: readonly string[];
  @Described(VIEWS) views!: readonly ViewImpactDto[];
  @Described(DASHBOARDS) dashboards!: readonly DashboardImpactDto[];
  @Described(NOTICES) notices!: readonly NoticeDto[];
}

@ObjectType('DeactivatedMetric', { description: 'A metric that was deactivated, and what that broke.' })
export class DeactivatedMetricDto {
  @Described({ description: 'The metric.', type: () => MetricDto }) metric!: MetricDto;
  @Described(BREAKS) breaks!: readonly string[];
  @Described(VIEWS) views!: readonly ViewImpactDto[];
  @Described(DASHBOARDS) dashboards!: readonly DashboardImpactDto[];
  @Described(NOTICES) notices!: readonly NoticeDto[];
}

/** Answer of `POST /api/marketing/metrics/validate`. */
@ObjectType('MetricValidation', { description: 'What would happen if this were written.' })
export class MetricValidationDto {
  @Described({ description: 'True when it would be accepted.', type: () => Boolean }) valid!: boolean;
  @Described({ description: 'What the checks found.', type: () => [DiagnosticDto] })
  diagnostics!: readonly DiagnosticDto[];
  @Described({ description: 'Keys of the metrics that the formula names.', type: () => [String] })
  depends_on!: readonly string[];
  @Described({
    description: 'Keys of the metrics that build on this one, however far.',
    type: () => [String],
    example: ['blended_roas'],
  })
  dependants!: readonly string[];
  @Described(BREAKS) breaks!: readonly string[];
  @Described(VIEWS) views!: readonly ViewImpactDto[];
  @Described(DASHBOARDS) dashboards!: readonly DashboardImpactDto[];
  @Described(NOTICES) notices!: readonly NoticeDto[];
  @Field(() => GraphQLJSON, {
    nullable: true,
    description: 'The SQL that it becomes, per dialect; null when not valid.',
  })
  @ApiProperty({
    type: 'object',
    nullable: true,
    additionalProperties: { type: 'string' },
    example: { clickhouse: 'SELECT …', postgres: 'SELECT …' },
  })
  sql!: { clickhouse: string; postgres: string } | null;
}
