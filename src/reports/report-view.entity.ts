import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { AttributionModel } from '../compiler/model/relations.js';
import type { OnMissingRate } from '../compiler/query/money.js';
import type { Comparison, DateRange, Fill, Filter, OrderBy, TimeGrain, Top } from '../compiler/query/types.js';

export const REPORT_CATEGORIES = ['campaign_performance', 'asset_roi', 'customer_journey', 'roas_analysis'] as const;
export const VISIBILITIES = ['private', 'team', 'organization', 'public'] as const;
/** A saved report: the FSD's `marketing_report_views`, with the rest of a query beside it. */
@Entity('marketing_report_views')
export class ReportView {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') organization_id!: string;
  @Column('uuid', { nullable: true }) created_by_user!: string | null;
  @Column('text') report_name!: string;
  @Column('text') report_category!: (typeof REPORT_CATEGORIES)[number];
  @Column('text', { array: true }) dimensions!: string[];
  @Column('text', { array: true }) metrics!: string[];
  @Column('jsonb', { nullable: true }) filters!: Filter | Filter[] | null;
  @Column('jsonb', { nullable: true }) date_range!: DateRange | null;
  @Column('text', { nullable: true }) attribution_model!: AttributionModel | null;
  @Column('text', { nullable: true }) time_grain!: TimeGrain | null;
  @Column('text', { nullable: true }) time_zone!: string | null;
  /** Rows are sorted by these; see `OrderBy`. */
  @Column('jsonb', { nullable: true }) sort_order!: OrderBy[] | null;
  @Column('integer', { nullable: true }) row_limit!: number | null;
  @Column('boolean') totals!: boolean;
  @Column('text', { nullable: true }) compare!: Comparison | null;
  @Column('text', { nullable: true }) fill!: Fill | null;
  @Column('jsonb', { nullable: true }) top!: Top | null;
  @Column('jsonb', { nullable: true }) subtotals!: (string | string[])[] | null;
  /** Of amounts; the organisation’s when null. */
  @Column('text', { nullable: true }) currency!: string | null;
  @Column('text', { nullable: true }) on_missing_rate!: OnMissingRate | null;
  @Column('text') visibility!: (typeof VISIBILITIES)[number];
  /** The team that shares it; with the visibility `team` only. Null once the team is gone. */
  @Column('uuid', { nullable: true }) team_id!: string | null;
  @Column('jsonb', { nullable: true }) schedule_config!: Record<string, unknown> | null;
  @Column('jsonb', { nullable: true }) dashboard_config!: Record<string, unknown> | null;
  @CreateDateColumn({ type: 'timestamptz' }) created_at!: Date;
  @UpdateDateColumn({ type: 'timestamptz' }) updated_at!: Date;
}
