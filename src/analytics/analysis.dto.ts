import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length } from 'class-validator';
import { Described } from '../common/described.js';
import { Limit } from '../common/page.js';
import { NAMED_RANGES, TIME_GRAINS, type NamedRange, type TimeGrain } from '../compiler/query/types.js';

/** Of when, and by which attribution model. */
@ArgsType()
export class AnalysisQuery {
  @ApiPropertyOptional({ description: 'First day, or instant; with `to`.', example: '2026-01-01' })
  @Field(() => String, { nullable: true, description: 'First day, or instant; with `to`.' })
  @IsOptional()
  @IsString()
  @Length(1, 40)
  from?: string;

  @ApiPropertyOptional({ description: 'Last day (included), or instant (excluded).', example: '2026-01-31' })
  @Field(() => String, { nullable: true, description: 'Last day (included), or instant (excluded).' })
  @IsOptional()
  @IsString()
  @Length(1, 40)
  to?: string;

  @ApiPropertyOptional({ enum: NAMED_RANGES, description: 'A range by name; all time when no range is given.' })
  @Field(() => String, { nullable: true, description: 'A range by name; all time when no range is given.' })
  @IsOptional()
  @IsIn(NAMED_RANGES)
  range?: NamedRange;

  @ApiPropertyOptional({ description: 'Attribution model; linear when absent.', example: 'position_based' })
  @Field(() => String, { nullable: true, description: 'Attribution model; linear when absent.' })
  @IsOptional()
  @IsString()
  @Length(1, 63)
  attribution_model?: string;
}

@ArgsType()
export class TimedAnalysisQuery extends AnalysisQuery {
  @ApiPropertyOptional({ enum: TIME_GRAINS, description: 'Rows by time; one row for the whole range when absent.' })
  @Field(() => String, { nullable: true, description: 'Rows by time; one row for the whole range when absent.' })
  @IsOptional()
  @IsIn(TIME_GRAINS)
  time_grain?: TimeGrain;
}

@ArgsType()
export class GroupedAnalysisQuery extends AnalysisQuery {
  @ApiPropertyOptional({ description: 'Dimension to group by; campaign_name when absent.', example: 'channel' })
  @Field(() => String, { nullable: true, description: 'Dimension to group by; campaign_name when absent.' })
  @IsOptional()
  @IsString()
  @Length(1, 63)
  by?: string;

  @Limit(100, 'Most rows.')
  limit?: number;
}

export class ComparisonQuery extends GroupedAnalysisQuery {
  @ApiPropertyOptional({
    description: 'Attribution models, separated by commas.',
    example: 'first_touch,last_touch,linear',
    default: 'first_touch,last_touch,linear',
  })
  @IsOptional()
  @IsString()
  @Length(1, 500)
  models?: string;
}

export const PATH_DIMENSIONS = ['channel', 'data_source', 'campaign_id'] as const;

@ArgsType()
export class PathsQuery {
  @ApiPropertyOptional({ description: 'First day of the conversions, UTC.', example: '2026-01-01' })
  @Field(() => String, { nullable: true, description: 'First day of the conversions, UTC.' })
  @IsOptional()
  @IsString()
  from?: string;

  @ApiPropertyOptional({ description: 'Last day of the conversions (included), UTC.', example: '2026-01-31' })
  @Field(() => String, { nullable: true, description: 'Last day of the conversions (included), UTC.' })
  @IsOptional()
  @IsString()
  to?: string;

  @ApiPropertyOptional({ enum: PATH_DIMENSIONS, default: 'channel', description: 'What a step of a path is.' })
  @Field(() => String, { nullable: true, description: 'What a step of a path is.' })
  @IsOptional()
  @IsIn(PATH_DIMENSIONS)
  by?: (typeof PATH_DIMENSIONS)[number];

  @Limit(20, 'Most paths.')
  limit?: number;
}

@ObjectType('ConversionPath', { description: 'A sequence of touchpoints that led to conversions.' })
export class PathDto {
  @Described({ description: 'Steps in order.', type: () => [String], example: ['meta_ads', 'email'] }) path!: string[];
  @Described({ description: 'Conversions after it.', type: () => Int }) conversions!: number;
  @Described({ description: 'Their revenue.', type: () => String }) revenue!: string;
  @Described({ description: 'Average days from the first step to the conversion.', type: () => String })
  average_lag_days!: string;
}

@ObjectType('PathBucket', { description: 'Conversions with a property.' })
export class PathBucketDto {
  @Described({ description: 'Touchpoints, or whole days.', type: () => Int }) value!: number;
  @Described({ description: 'Conversions.', type: () => Int }) conversions!: number;
  @Described({ description: 'Their revenue.', type: () => String }) revenue!: string;
}

@ObjectType('PathAnalysis', { description: 'How customers came to convert, in the published attribution.' })
export class PathAnalysisDto {
  @Described({ description: 'Conversions in all.', type: () => Int }) conversions!: number;
  @Described({ description: 'Of these, without any touchpoint.', type: () => Int }) unattributed!: number;
  @Field(() => [PathDto], { description: 'The most frequent paths.' })
  @ApiProperty({ type: [PathDto] })
  paths!: PathDto[];
  @Described({ description: 'Whether there are more paths than these.', type: () => Boolean }) truncated!: boolean;
  @Field(() => [PathBucketDto], { description: 'Conversions by number of touchpoints.' })
  @ApiProperty({ type: [PathBucketDto] })
  lengths!: PathBucketDto[];
  @Field(() => [PathBucketDto], { description: 'Conversions by whole days from the first touchpoint.' })
  @ApiProperty({ type: [PathBucketDto] })
  lags!: PathBucketDto[];
}
