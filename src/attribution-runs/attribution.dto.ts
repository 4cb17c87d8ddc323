import { Field, Float, ID, ObjectType } from '@nestjs/graphql';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { GraphQLJSON } from 'graphql-scalars';
import { CHANNEL_DIMENSIONS, type ChannelDimension } from '../attribution/models/parameters.js';
import type { CustomModel } from '../attribution/models/settings.js';
import { RUN_STATES } from './run-row.js';

const COLLAPSE = ['none', 'consecutive'] as const;

class PositionDto {
  @ApiProperty({ example: 0.4 }) @IsNumber() first!: number;
  @ApiProperty({ example: 0.2 }) @IsNumber() middle!: number;
  @ApiProperty({ example: 0.4 }) @IsNumber() last!: number;
}

class RowKindDto {
  @ApiPropertyOptional({ type: [String], example: ['external_marketing'] })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  source_categories?: string[];
  @ApiPropertyOptional({ type: [String], description: 'Only these sources; empty for all.', example: [] })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  data_sources?: string[];
}

class ConversionKindDto extends RowKindDto {
  @ApiPropertyOptional({ default: 'revenue' }) @IsOptional() @IsString() revenue_field?: string;
  @ApiPropertyOptional({ default: 'refunds', description: 'What of a conversion was paid back.' })
  @IsOptional()
  @IsString()
  refund_field?: string;
  @ApiPropertyOptional({ default: 'order_id', description: 'By which a row of negative revenue finds its order.' })
  @IsOptional()
  @IsString()
  order_field?: string;
}

/** Parameters that a request may set for itself. */
class RunParametersDto {
  @ApiPropertyOptional({ minimum: 0, maximum: 3650, default: 30, description: 'In days of 24 hours; 0.5 is 12 hours.' })
  @IsOptional()
  @IsNumber()
  lookback_days?: number;
  @ApiPropertyOptional({ default: 7, description: 'After so many days a touch weighs half; time_decay.' })
  @IsOptional()
  @IsNumber()
  half_life_days?: number;
  @ApiPropertyOptional({ type: PositionDto, description: 'Shares that add up to 1; position_based.' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => PositionDto)
  position?: PositionDto;
  @ApiPropertyOptional({
    type: [String],
    example: ['direct'],
    description: 'Channels (or sources) whose touches are left out unless the whole path is of them; empty keeps all.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(500)
  @IsString({ each: true })
  direct?: string[];
  @ApiPropertyOptional({
    enum: COLLAPSE,
    default: 'none',
    description: 'Of touches of one channel in a row, the first.',
  })
  @IsOptional()
  @IsIn(COLLAPSE)
  collapse?: (typeof COLLAPSE)[number];
  @ApiPropertyOptional({ default: false, description: 'A conversion begins a new journey.' })
  @IsOptional()
  @IsBoolean()
  reset?: boolean;
  @ApiPropertyOptional({
    enum: CHANNEL_DIMENSIONS,
    default: 'data_source',
    description: 'What counts as a channel: for the rows of the answer, markov, shapley, weights by channel, collapse.',
  })
  @IsOptional()
  @IsIn(CHANNEL_DIMENSIONS)
  by?: ChannelDimension;
  @ApiPropertyOptional({ enum: [1, 2, 3], default: 1 }) @IsOptional() @IsInt() @Min(1) @Max(3) markov_order?: number;
}

class ConfidenceDto {
  @ApiPropertyOptional({ default: 200, minimum: 20, maximum: 1000 })
  @IsOptional()
  @IsInt()
  @Min(20)
  @Max(1000)
  resamples?: number;
  @ApiPropertyOptional({ default: 1, description: 'The same seed draws the same samples.' })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(4_294_967_295)
  seed?: number;
  @ApiPropertyOptional({ default: 0.95 }) @IsOptional() @IsNumber() @Min(0.5) @Max(0.999) level?: number;
}

export class CalculateDto extends RunParametersDto {
  @ApiPropertyOptional({
    type: [String],
    example: ['first_touch', 'linear', 'markov'],
    description: 'Standard models and the organisation’s own; absent for those that are kept up to date.',
  })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(30)
  @IsString({ each: true })
  models?: string[];
  @ApiPropertyOptional({
    description:
      'Only conversions of this range, as in queries. Such a run is an analysis: queries keep reading the last whole run.',
    example: { from: '2026-01-01', to: '2026-01-31' },
  })
  @IsOptional()
  @IsDefined()
  date_range?: unknown;
  @ApiPropertyOptional({ default: false, description: 'Answer when the run is finished, if that is within a minute.' })
  @IsOptional()
  @IsBoolean()
  wait?: boolean;
  @ApiPropertyOptional({
    type: ConfidenceDto,
    description: 'Bootstrap intervals of the channels’ shares in markov and shapley.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ConfidenceDto)
  confidence?: ConfidenceDto;
}

export class AttributionSettingsChangeDto extends RunParametersDto {
  @ApiPropertyOptional({ type: [String], description: 'Models that are kept up to date.' })
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  models?: string[];
  @ApiPropertyOptional({ type: RowKindDto })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => RowKindDto)
  touch?: RowKindDto;
  @ApiPropertyOptional({ type: ConversionKindDto })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ConversionKindDto)
  conversion?: ConversionKindDto;
  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'object' },
    description:
      'Models of the organisation: by position `{key, kind: "position", start: [2], middle: 1, end: [3]}` or by channel `{key, kind: "channel", weights: {"email": 2}, other: 1}`. Weights are not negative and count in proportion.',
  })
  @IsOptional()
  @IsArray()
  custom_models?: CustomModel[];
}

@ObjectType('AttributionRun', { description: 'A run of attribution: how far it is, and what it gave.' })
export class RunDto {
  @Field(() => ID, { description: 'Its id.' }) @ApiProperty({ format: 'uuid' }) run_id!: string;
  @Field(() => String, { description: 'full, update or analysis.' })
  @ApiProperty({ enum: ['full', 'update', 'analysis'] })
  kind!: string;
  @Field(() => String, { description: `One of ${RUN_STATES.join(', ')}.` })
  @ApiProperty({ enum: RUN_STATES })
  state!: string;
  @Field(() => Float, { description: 'From 0 to 1.' })
  @ApiProperty({ description: 'From 0 to 1.', example: 0.5 })
  progress!: number;
  @Field(() => GraphQLJSON, { nullable: true, description: 'Why it failed.' })
  @ApiProperty({ nullable: true, type: Object, description: 'Why it failed.' })
  problem!: unknown;
  @Field(() => GraphQLJSON, { description: 'What it was computed by.' })
  @ApiProperty({ type: Object, description: 'What it was computed by.' })
  parameters!: unknown;
  @Field(() => Date, { description: 'When it was asked for.' }) @ApiProperty({ type: Date }) created_at!: Date;
  @Field(() => Date, { nullable: true, description: 'When it began.' })
  @ApiProperty({ type: Date, nullable: true })
  started_at!: Date | null;
  @Field(() => Date, { nullable: true, description: 'When it ended.' })
  @ApiProperty({ type: Date, nullable: true })
  finished_at!: Date | null;
  @Field(() => Float, { nullable: true, description: 'Conversions that the run looked at.' })
  @ApiPropertyOptional({ description: 'Conversions that the run looked at.' })
  conversions?: number;
  @Field(() => String, {
    nullable: true,
    description: 'Their revenue, exact; null where they are in several currencies.',
  })
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Their revenue, exact; null where they are in several currencies.',
  })
  revenue?: string | null;
  @Field(() => GraphQLJSON, { nullable: true, description: 'Revenue by currency, where there are several.' })
  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Revenue by currency, where there are several; also in the rows of each model.',
    example: { EUR: '120.00', USD: '410.25' },
  })
  revenue_by_currency?: Readonly<Record<string, string>>;
  @Field(() => String, { nullable: true, description: 'What counts as a channel.' }) @ApiPropertyOptional() by?: string;
  @Field(() => [String], { nullable: true, description: 'Currencies of the revenue.' })
  @ApiPropertyOptional({ type: [String] })
  currencies?: readonly string[];
  @Field(() => GraphQLJSON, { nullable: true, description: 'What to be careful about.' })
  @ApiPropertyOptional({ type: 'array', items: { type: 'object' } })
  warnings?: readonly unknown[];
  @Field(() => GraphQLJSON, { nullable: true, description: 'By model: what it credits to whom.' })
  @ApiPropertyOptional({
    type: Object,
    description:
      'By model: credited and unattributed conversions, and rows of value, conversions and revenue. Of markov and shapley also each channel’s `share`, its `share_interval` where confidence was asked for, and `too_little_data` below 100 conversions or 10 a channel.',
    example: {
      linear: {
        credited: 40,
        unattributed: 2,
        rows: [{ value: 'meta_ads', conversions: '12.5', revenue: '410.25' }],
      },
    },
  })
  models?: Readonly<Record<string, unknown>>;
}

@ObjectType('AttributionRunList', { description: 'A page of runs.' })
export class RunListDto {
  @Field(() => [RunDto], { description: 'The runs.' }) @ApiProperty({ type: [RunDto] }) data!: RunDto[];
  @Field(() => String, { nullable: true, description: 'Asks for the page after this one.' })
  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}

export class DiffQuery {
  @ApiProperty({ format: 'uuid', description: 'The earlier run.' }) @IsString() against!: string;
}
