import { Field, ID, InputType, Int, ObjectType, PartialType as GraphqlPartialType } from '@nestjs/graphql';
import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsString, Length, Matches, MaxLength } from 'class-validator';
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
  type DataType,
  type MetricType,
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
    description: 'Expression over other metrics; aggregated first, then calculated. Division by zero is null.',
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
  @Described({ description: 'Over which groupings it may be summed.', type: () => String, oneOf: ADDITIVITIES })
  additivity!: string;
  @Described({ description: 'Unit shown with the number.', type: () => String, optional: true }) unit!: string | null;
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

/** Answer of `POST /api/marketing/metrics/validate`. */
@ObjectType('MetricValidation', { description: 'What would happen if this were written.' })
export class MetricValidationDto {
  @Described({ description: 'True when it would be accepted.', type: () => Boolean }) valid!: boolean;
  @Described({ description: 'What the checks found.', type: () => [DiagnosticDto] })
  diagnostics!: readonly DiagnosticDto[];
  @Described({ description: 'Keys of the metrics that the formula names.', type: () => [String] })
  depends_on!: readonly string[];
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

@ObjectType('ModelMember', { description: 'One member of the live model.' })
export class ModelMemberDto {
  @Described({ description: 'Name that everyone asks by.', type: () => String }) key!: string;
  @Described({ description: 'Name shown to people.', type: () => String }) label!: string;
  @Described({ description: 'What it means.', type: () => String, optional: true }) description!: string | null;
  @Described({ description: '`metric` or `dimension`.', type: () => String }) metric_type!: string;
  @Described({ description: 'Type of the value.', type: () => String }) data_type!: string;
  @Described({ description: 'Unit shown with the number.', type: () => String, optional: true }) unit!: string | null;
  @Described({ description: 'Over which groupings it may be summed.', type: () => String }) additivity!: string;
  @Described({ description: 'Other names that mean the same.', type: () => [String] }) aliases!: readonly string[];
  @Described({ description: '`standard` or `organization`.', type: () => String }) origin!: string;
  @Described({ description: '`valid` or `quarantined`.', type: () => String }) status!: string;
  @Described({ description: 'What the checks found.', type: () => [DiagnosticDto] })
  diagnostics!: readonly DiagnosticDto[];
  @Described({ description: 'Aggregation of a plain metric.', type: () => String, optional: true }) aggregation!:
    string | null;
  @Described({ description: 'Formula of a calculated metric.', type: () => String, optional: true }) formula!:
    string | null;
  @Described({ description: 'All metrics behind it, however deep.', type: () => [String] }) lineage!: readonly string[];
}

@ObjectType('MarketingModel', { description: 'The live snapshot of the organisation’s model.' })
export class ModelDto {
  @Described({ description: 'SHA-256 of the model: equal hash, equal meaning.', type: () => String }) snapshot!: string;
  @Described({ description: 'When this snapshot went live.', type: () => String }) published_at!: string;
  @Described({ description: 'All metrics and dimensions.', type: () => [ModelMemberDto] })
  members!: readonly ModelMemberDto[];
}
