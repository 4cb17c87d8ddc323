import { Field, Float, ID, Int, ObjectType } from '@nestjs/graphql';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { GraphQLJSON } from 'graphql-scalars';
import { Described } from '../common/described.js';
import { REPORT_CATEGORIES, VISIBILITIES } from '../reports/report-view.entity.js';
import { WIDGET_TYPES, WIDGET_WIDTHS } from './widget-types.js';

export const DASHBOARD_EXAMPLE = {
  dashboard_name: 'Marketing overview',
  visibility: 'organization',
  date_range: { last: 12, unit: 'week', complete: true },
  widgets: [
    {
      type: 'tiles',
      query: { metrics: ['revenue', 'spend', 'roas'], dimensions: [], compare: 'previous_period' },
    },
    {
      type: 'combo',
      title: 'Revenue and ROAS by week',
      width: 'two_thirds',
      query: { metrics: ['revenue', 'roas'], dimensions: [], time_grain: 'weekly' },
    },
    {
      type: 'donut',
      title: 'Spend by source',
      width: 'third',
      query: { metrics: ['spend'], dimensions: ['data_source'] },
    },
    { type: 'table', view_id: '0198c0dd-0b8e-4c0f-b7c3-6f0c1b5f2a90' },
  ],
};

const JSON_OR_NULL = { type: () => GraphQLJSON, optional: true, schema: { type: 'object' } } as const;

/** Something to know about a dashboard. */
@ObjectType('DashboardNotice', { description: 'Something to know about a dashboard, and where.' })
export class DashboardNoticeDto {
  @Described({ description: 'Stable code.', type: () => String, example: 'narrower_view' }) code!: string;
  @Described({ description: 'What it is, and what to do.', type: () => String }) message!: string;
  @Described({ description: 'JSON pointer into the definition.', type: () => String, example: '/widgets/3/view_id' })
  pointer!: string;
}

@ObjectType('DashboardWidget', { description: 'One widget of a dashboard.' })
export class WidgetDto {
  @Described({ description: 'Unique within the dashboard.', type: () => String, example: 'w1' }) id!: string;
  @Described({ description: 'How it is drawn.', type: () => String, oneOf: WIDGET_TYPES }) type!: string;
  @Described({
    description: 'Null for the name of the view, or for what it shows.',
    type: () => String,
    optional: true,
  })
  title!: string | null;
  @Described({ description: 'How much of a row it takes.', type: () => String, oneOf: WIDGET_WIDTHS }) width!: string;
  @Described({ description: 'The saved report that it shows.', type: () => String, optional: true }) view_id!:
    string | null;
  @Described({ description: 'Or what it asks on its own, as POST /api/query.', ...JSON_OR_NULL }) query!: unknown;
  @Described({
    description: 'Keys of the metrics that are drawn; null for those that suit.',
    type: () => [String],
    optional: true,
  })
  metrics!: readonly string[] | null;
  @Described({
    description: 'Of a pivot or a cohort: the key whose values head the rows.',
    type: () => String,
    optional: true,
  })
  rows!: string | null;
  @Described({
    description: 'Of a pivot or a cohort: the key whose values head the columns.',
    type: () => String,
    optional: true,
  })
  columns!: string | null;
  @Described({ description: 'True where the dashboard’s period does not apply.', type: () => Boolean })
  own_period!: boolean;
  @Described({ description: 'What a text says.', type: () => String, optional: true }) text!: string | null;
}

/** A dashboard as the doors show it. */
@ObjectType('Dashboard', { description: 'Several reports on one page, with a period and filters in common.' })
export class DashboardDto {
  @Field(() => ID, { description: 'Unique id.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'User who created it.', type: () => String, optional: true }) created_by_user!:
    string | null;
  @Described({ description: 'Title.', type: () => String, example: 'Marketing overview' }) dashboard_name!: string;
  @Described({ description: 'What it is for, below the title.', type: () => String, optional: true }) description!:
    string | null;
  @Described({ description: 'In their order, set in rows.', type: () => [WidgetDto] })
  widgets!: readonly WidgetDto[];
  @Described({ description: 'For every widget, beside its own; as in a query.', ...JSON_OR_NULL }) filters!: unknown;
  @Described({
    description: 'In place of the widgets’ own; as in a query. Null leaves them theirs.',
    ...JSON_OR_NULL,
    example: DASHBOARD_EXAMPLE.date_range,
  })
  date_range!: unknown;
  @Described({ description: 'IANA zone for every widget.', type: () => String, optional: true }) time_zone!:
    string | null;
  @Described({ description: 'Who sees it, as for a report view.', type: () => String, oneOf: VISIBILITIES })
  visibility!: string;
  @Described({ description: 'The team that shares it.', type: () => String, optional: true }) team_id!: string | null;
  @Described({
    description: 'What is wrong with it at this moment, e.g. a view that is gone or a metric that was deactivated.',
    type: () => [DashboardNoticeDto],
  })
  warnings!: readonly DashboardNoticeDto[];
  @Described({ description: 'When it was created.', type: () => String }) created_at!: string;
  @Described({ description: 'When it was last changed.', type: () => String }) updated_at!: string;
}

@ObjectType('DashboardSummary', { description: 'A dashboard in a list.' })
export class DashboardSummaryDto {
  @Field(() => ID, { description: 'Unique id.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'Title.', type: () => String, example: 'Marketing overview' }) dashboard_name!: string;
  @Described({ description: 'What it is for.', type: () => String, optional: true }) description!: string | null;
  @Described({ description: 'How many widgets it has.', type: () => Int, example: 4 }) widgets!: number;
  @Described({ description: 'Who sees it.', type: () => String, oneOf: VISIBILITIES }) visibility!: string;
  @Described({ description: 'The team that shares it.', type: () => String, optional: true }) team_id!: string | null;
  @Described({ description: 'User who created it.', type: () => String, optional: true }) created_by_user!:
    string | null;
  @Described({ description: 'When it was created.', type: () => String }) created_at!: string;
  @Described({ description: 'When it was last changed.', type: () => String }) updated_at!: string;
}

@ObjectType('DashboardPage', { description: 'One page of dashboards.' })
export class DashboardListDto {
  @Described({ description: 'The dashboards.', type: () => [DashboardSummaryDto] }) data!: DashboardSummaryDto[];
  @Described({
    description: 'Give it back as `cursor` for the next page; null at the end.',
    type: () => String,
    optional: true,
  })
  next_cursor!: string | null;
}

@ObjectType('LoadedWidget', { description: 'One widget with its numbers, or with the reason for having none.' })
export class LoadedWidgetDto extends WidgetDto {
  @Described({
    description: '`ready` with data; `failed` with a problem in place of numbers; `text`.',
    type: () => String,
    oneOf: ['ready', 'failed', 'text'],
  })
  state!: 'ready' | 'failed' | 'text';
  @Described({
    description: 'Columns, rows (at most 1,000), totals and meta as in an answer of POST /api/query.',
    ...JSON_OR_NULL,
  })
  data!: unknown;
  @Described({ description: '`code`, `detail` and `errors` of what went wrong.', ...JSON_OR_NULL }) problem!: unknown;
}

@ObjectType('DashboardMeta', { description: 'About the numbers of a dashboard as a whole.' })
export class DashboardMetaDto {
  @Described({ description: 'Widgets that have no numbers; each says why.', type: () => Int, example: 0 })
  failed!: number;
  @Described({
    description: 'Whether all widgets show the same version of the data; false when rows came in while it was read.',
    type: () => Boolean,
    example: true,
  })
  is_one_version!: boolean;
  @Described({ description: 'When it was read.', type: () => String }) generated_at!: string;
  @Described({ description: 'How long it took.', type: () => Float, example: 84 }) took_ms!: number;
}

/** Answer of `GET /api/dashboard/:id`. */
@ObjectType('LoadedDashboard', { description: 'A dashboard and the numbers of its widgets.' })
export class LoadedDashboardDto extends DashboardDto {
  @Described({ description: 'The widgets with their numbers, in their order.', type: () => [LoadedWidgetDto] })
  override widgets!: readonly LoadedWidgetDto[];
  @Described({ description: 'About all of them.', type: () => DashboardMetaDto }) meta!: DashboardMetaDto;
}

@ObjectType('DashboardWidgetType', { description: 'A kind of widget.' })
export class WidgetTypeDto {
  @Described({ description: 'For a widget’s `type`.', type: () => String, oneOf: WIDGET_TYPES }) type!: string;
  @Described({ description: 'Its name.', type: () => String, example: 'Stacked bars' }) label!: string;
  @Described({ description: 'What it draws.', type: () => String }) description!: string;
  @Described({ description: 'What its request must have.', type: () => String, example: 'at least one metric' })
  needs!: string;
  @Described({
    description: 'How much of a row it takes where nothing is said.',
    type: () => String,
    oneOf: WIDGET_WIDTHS,
  })
  default_width!: string;
}

@ObjectType('ReadyWidget', { description: 'A saved report that can be put on a dashboard as it is.' })
export class ReadyWidgetDto {
  @Described({ description: 'For a widget’s `view_id`.', type: () => String }) view_id!: string;
  @Described({ description: 'Title of the report.', type: () => String }) report_name!: string;
  @Described({ description: 'What kind of report it is.', type: () => String, oneOf: REPORT_CATEGORIES })
  report_category!: string;
  @Described({ description: 'Widgets that can draw it.', type: () => [String], example: ['bar', 'table'] })
  types!: readonly string[];
}

/** Answer of `GET /api/dashboard/widgets`. */
@ObjectType('DashboardWidgetLibrary', { description: 'What a dashboard can be made of.' })
export class WidgetLibraryDto {
  @Described({ description: 'Kinds of widgets.', type: () => [WidgetTypeDto] }) data!: readonly WidgetTypeDto[];
  @Described({ description: 'Saved reports that the asker may put on one.', type: () => [ReadyWidgetDto] })
  views!: readonly ReadyWidgetDto[];
}

export const EXPORT_FORMATS = ['pdf', 'png', 'csv', 'xlsx', 'html'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** Body of `POST /api/dashboard/:id/export`. */
export class ExportDashboardDto {
  @ApiPropertyOptional({
    enum: EXPORT_FORMATS,
    default: 'pdf',
    description: '`csv` is a ZIP archive with one file a widget, `xlsx` a workbook with one sheet a widget.',
  })
  @IsOptional()
  @IsIn(EXPORT_FORMATS)
  format?: ExportFormat;
}
