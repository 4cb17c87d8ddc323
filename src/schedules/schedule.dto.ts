import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsUUID, Max, Min } from 'class-validator';
import { PageQuery } from '../common/page.js';
import { DELIVERY_FORMATS, type DeliveryFormat } from '../delivery/occurrence.entity.js';
import { SHORT_MONTHS, type ShortMonths } from '../recurrence/recurrence.js';
import type { SimpleRecurrence } from '../recurrence/simple.js';
import {
  REPORT_PERIODS,
  type DataGate,
  type ReportPeriod,
  type ScheduleCondition,
  type ScheduleRecipient,
} from './schedule.entity.js';

export const SCHEDULE_EXAMPLE = {
  cron: '0 9 * * 1',
  time_zone: 'Europe/Berlin',
  formats: ['pdf', 'csv'],
  recipients: ['ann@example.com'],
  subject: '{{report}}: {{metric.spend}} in {{period}}',
  condition: null,
  is_active: true,
};

/** A schedule as the doors show it. */
export class ScheduleDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ format: 'uuid', nullable: true, type: String, description: 'The report view that goes out; or' })
  view_id!: string | null;
  @ApiProperty({ format: 'uuid', nullable: true, type: String, description: 'the dashboard that goes out.' })
  dashboard_id!: string | null;
  @ApiProperty({
    format: 'uuid',
    nullable: true,
    type: String,
    description: 'Whose rights it runs with; null where a key without a person made it.',
  })
  owner_user_id!: string | null;
  @ApiProperty({ type: String, nullable: true, example: '0 9 * * 1', description: 'Five-field cron line.' })
  cron!: string | null;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'In place of `cron`.',
    example: { every: 'week', weekdays: ['monday'], at: '09:00' },
  })
  simple!: SimpleRecurrence | null;
  @ApiProperty({ enum: SHORT_MONTHS, description: 'What a day that a month does not have means.' })
  short_months!: ShortMonths;
  @ApiProperty({ example: 'Europe/Berlin', description: 'IANA zone of the clock.' }) time_zone!: string;
  @ApiProperty({ enum: DELIVERY_FORMATS, isArray: true, example: ['pdf', 'csv'] }) formats!: DeliveryFormat[];
  @ApiProperty({
    type: 'array',
    items: { type: 'object' },
    description: '`{"email"}`, `{"user_id"}` or `{"team_id"}`; people are looked up anew each time.',
    example: [{ email: 'ann@example.com' }],
  })
  recipients!: ScheduleRecipient[];
  @ApiProperty({
    type: String,
    nullable: true,
    example: '{{report}}: {{metric.spend}} in {{period}}',
    description: 'Names in braces: report, organization, period, due_date, finding, metric.<key>.',
  })
  subject!: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'A text above the numbers, with the same names.' })
  message!: string | null;
  @ApiProperty({
    enum: REPORT_PERIODS,
    description: '`last_complete`: relative ranges mean whole periods that had ended when the report was due.',
  })
  period!: ReportPeriod;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Holds the report until its data is there, with a deadline.',
    example: { sources: ['meta_ads'], days_ago: 1, deadline_minutes: 120, at_deadline: 'send' },
  })
  gate!: DataGate | null;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description:
      'Only then is it sent: a threshold (`operator`, `value`), a change against the period before (`change_percent`, `direction`) or an anomaly (`anomaly_sigmas`); `mode` always, on_change or on_breach.',
    example: { metric: 'spend', operator: 'gt', value: 1000, mode: 'on_breach' },
  })
  condition!: ScheduleCondition | null;
  @ApiProperty() is_active!: boolean;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) active_from!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) active_until!: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-11-23T08:00:00.000Z' })
  next_run_at!: string | null;
  @ApiProperty({ type: [String], description: 'The next five due times.' }) next_runs!: string[];
  @ApiProperty({ type: 'array', items: { type: 'object' }, description: 'What the owner should know about it.' })
  warnings!: readonly { readonly code: string; readonly message: string }[];
  @ApiProperty({ format: 'date-time' }) created_at!: string;
  @ApiProperty({ format: 'date-time' }) updated_at!: string;
}

export class ScheduleListDto {
  @ApiProperty({ type: [ScheduleDto] }) data!: ScheduleDto[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor!: string | null;
}

/** Query of `GET /api/reports/schedules`. */
export class ScheduleQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'Only those of this report view.' })
  @IsOptional()
  @IsUUID()
  view_id?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'Only those of this dashboard.' })
  @IsOptional()
  @IsUUID()
  dashboard_id?: string;
}

/** Query of `GET /api/reports/schedules/:id/next`. */
export class NextRunsQuery {
  @ApiPropertyOptional({ minimum: 1, maximum: 100, default: 5 })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  count?: number;
}

export class NextRunsDto {
  @ApiProperty({ type: [String], example: ['2026-11-23T08:00:00.000Z'] }) data!: string[];
}
