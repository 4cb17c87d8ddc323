import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { DateRange, Filter, ReportRequest } from '../compiler/query/types.js';
import type { VISIBILITIES } from '../reports/report-view.entity.js';
import type { WidgetType, WidgetWidth } from './widget-types.js';

/** What every widget has. */
interface WidgetBase {
  /** Unique within its dashboard; its place is the place in the list. */
  readonly id: string;
  /** Null for the name of the view, or for the chart's own. */
  readonly title: string | null;
  readonly width: WidgetWidth;
}

/** Where a widget's numbers come from: a saved view, or a query of its own. */
export type DataWidget = WidgetBase & {
  readonly type: Exclude<WidgetType, 'text'>;
  /** Keys of the metrics that are drawn; chosen from the columns when absent. */
  readonly metrics: readonly string[] | null;
  /** Of a pivot or a cohort: the key whose values head the rows, and the one whose values head the columns. */
  readonly rows: string | null;
  readonly columns: string | null;
  /** The dashboard's own period does not apply. */
  readonly own_period: boolean;
} & (
    | { readonly view_id: string; readonly query?: undefined }
    | { readonly view_id?: undefined; readonly query: ReportRequest }
  );

/** A heading or a remark between the numbers. */
export type TextWidget = WidgetBase & { readonly type: 'text'; readonly text: string };

export type Widget = DataWidget | TextWidget;

/** Several reports on one page, with a period and filters in common. */
@Entity('dashboards')
export class Dashboard {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') organization_id!: string;
  @Column('uuid', { nullable: true }) created_by_user!: string | null;
  @Column('text') dashboard_name!: string;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('jsonb') widgets!: Widget[];
  /** Apply to every widget, beside its own. */
  @Column('jsonb', { nullable: true }) filters!: Filter | Filter[] | null;
  /** In place of the widgets' own; null leaves them theirs. */
  @Column('jsonb', { nullable: true }) date_range!: DateRange | null;
  @Column('text', { nullable: true }) time_zone!: string | null;
  @Column('text') visibility!: (typeof VISIBILITIES)[number];
  /** The team that shares it; with the visibility `team` only. Null once the team is gone. */
  @Column('uuid', { nullable: true }) team_id!: string | null;
  @CreateDateColumn({ type: 'timestamptz' }) created_at!: Date;
  @UpdateDateColumn({ type: 'timestamptz' }) updated_at!: Date;
}
