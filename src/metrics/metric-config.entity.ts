import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type {
  Additivity,
  Aggregation,
  Category,
  ConversionDefinition,
  DataType,
  MetricType,
  WindowDefinition,
} from '../compiler/model/types.js';

/** One metric or dimension as an organisation defined it: the FSD's `marketing_metrics_config`. */
@Entity('marketing_metrics_config')
export class MetricConfig {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') organization_id!: string;
  /** Unique among the organisation's active rows. */
  @Column('text') metric_key!: string;
  @Column('text', { nullable: true }) standard_key!: string | null;
  @Column('text') display_label!: string;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('text') category!: Category;
  @Column('text') metric_type!: MetricType;
  @Column('text') data_type!: DataType;
  @Column('text', { nullable: true }) aggregation!: Aggregation | null;
  @Column('text', { nullable: true }) formula!: string | null;
  @Column('text', { nullable: true }) expression!: string | null;
  @Column('text', { nullable: true }) weight!: string | null;
  @Column('jsonb', { nullable: true }) filter!: unknown;
  @Column('jsonb', { nullable: true }) window!: WindowDefinition | null;
  @Column('jsonb', { nullable: true }) conversion!: ConversionDefinition | null;
  @Column('text') additivity!: Additivity;
  @Column('text', { nullable: true }) unit!: string | null;
  @Column('text', { array: true }) source_tables!: string[];
  @Column('text', { array: true }) alias_keys!: string[];
  @Column('boolean') is_sensitive!: boolean;
  @Column('boolean') is_active!: boolean;
  @CreateDateColumn({ type: 'timestamptz' }) created_at!: Date;
  @UpdateDateColumn({ type: 'timestamptz' }) updated_at!: Date;
}
