import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { ApiProperty } from '@nestjs/swagger';
import { GraphQLJSON } from 'graphql-scalars';
import { Described } from '../common/described.js';
import { COMPARISONS, FILLS, TIME_GRAINS } from '../compiler/query/types.js';
import { REPORT_CATEGORIES, VISIBILITIES } from './report-view.entity.js';

/** A saved report as the doors show it. */
@ObjectType('ReportView', { description: 'A saved report.' })
export class ReportViewDto {
  @Field(() => ID, { description: 'Unique report view id.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'User who created it.', type: () => String, optional: true }) created_by_user!:
    string | null;
  @Described({ description: 'Report title.', type: () => String, example: 'Spend and ROAS by source' })
  report_name!: string;
  @Described({ description: 'What kind of report it is.', type: () => String, oneOf: REPORT_CATEGORIES })
  report_category!: string;
  @Described({ description: 'Keys to group by.', type: () => [String], example: ['data_source'] })
  dimensions!: string[];
  @Described({ description: 'Keys of the numbers.', type: () => [String], example: ['spend', 'roas'] })
  metrics!: string[];
  @Described({
    description: 'Filters, as in a query.',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'object' },
  })
  filters!: unknown;
  @Described({
    description: 'Days, instants, a relative range or a name, as in a query.',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'object' },
    example: 'last_month',
  })
  date_range!: unknown;
  @Described({ description: 'Attribution model for revenue metrics.', type: () => String, optional: true })
  attribution_model!: string | null;
  @Described({ description: 'Length of a time bucket.', type: () => String, oneOf: TIME_GRAINS, optional: true })
  time_grain!: string | null;
  @Described({
    description: 'IANA zone, or an offset such as UTC+05:30; the organisation’s when absent.',
    type: () => String,
    optional: true,
  })
  time_zone!: string | null;
  @Described({
    description: 'Sort order, as in a query.',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'array', items: { type: 'object' } },
  })
  order!: unknown;
  @Described({ description: 'Most rows.', type: () => Int, optional: true }) limit!: number | null;
  @Described({ description: 'Whether totals are computed.', type: () => Boolean }) totals!: boolean;
  @Described({
    description: 'What it is compared with; each metric then has twins `<metric>__previous` and `<metric>__change`.',
    type: () => String,
    oneOf: COMPARISONS,
    optional: true,
  })
  compare!: string | null;
  @Described({
    description: 'What stands in time buckets without rows.',
    type: () => String,
    oneOf: FILLS,
    optional: true,
  })
  fill!: string | null;
  @Described({
    description: 'Only the first values of a dimension, by a metric: { limit, by, dimension, other }.',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'object' },
    example: { limit: 5, by: 'spend' },
  })
  top!: unknown;
  @Described({
    description: 'Subtotals, as in a query.',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'array', items: { type: 'string' } },
  })
  subtotals!: unknown;
  @Described({
    description: 'ISO 4217 code of amounts, or `as_recorded`; the organisation’s when absent.',
    type: () => String,
    optional: true,
  })
  currency!: string | null;
  @Described({
    description: 'Where an exchange rate is missing: `error` (the default) or `flag`.',
    type: () => String,
    optional: true,
  })
  on_missing_rate!: string | null;
  @Described({ description: 'Who may see it.', type: () => String, oneOf: VISIBILITIES }) visibility!: string;
  @Described({
    description: 'The team that shares it, with the visibility `team`.',
    type: () => String,
    optional: true,
  })
  team_id!: string | null;
  @Described({
    description: 'Automated delivery.',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'object' },
  })
  schedule_config!: unknown;
  @Described({
    description: 'Chart and layout.',
    type: () => GraphQLJSON,
    optional: true,
    schema: { type: 'object' },
    example: { chart: 'line' },
  })
  dashboard_config!: unknown;
  @Described({ description: 'When it was created.', type: () => String }) created_at!: string;
  @Described({ description: 'When it was last changed.', type: () => String }) updated_at!: string;
}

export class ReportViewListDto {
  @ApiProperty({ type: [ReportViewDto] }) data!: ReportViewDto[];
  @ApiProperty({
    nullable: true,
    type: String,
    description: 'Give it back as `cursor` for the next page; null at the end.',
  })
  next_cursor!: string | null;
}

/** For the OpenAPI document only; the body itself is read by `readReportView`. */
export const REPORT_VIEW_EXAMPLE = {
  report_name: 'Spend and ROAS by source',
  report_category: 'roas_analysis',
  dimensions: ['data_source'],
  metrics: ['spend', 'revenue', 'roas'],
  filters: { and: [{ member: 'source_category', operator: 'equals', values: ['external_marketing'] }] },
  date_range: 'last_month',
  time_grain: 'weekly',
  visibility: 'organization',
  totals: true,
  dashboard_config: { chart: 'line' },
};
