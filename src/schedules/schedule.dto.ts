import { Field, ID, ObjectType } from '@nestjs/graphql';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { GraphQLJSON } from 'graphql-scalars';
import { Described } from '../common/described.js';
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

const JSON_OR_NULL = { type: () => GraphQLJSON, optional: true, schema: { type: 'object' } } as const;
const TEXT_OR_NULL = { type: () => String, optional: true } as const;

@ObjectType('ScheduleNotice', { description: 'Something that the owner of a schedule should know.' })
export class ScheduleNoticeDto {
  @Described({ description: 'Stable code.', type: () => String, example: 'short_months' }) code!: string;
  @Described({ description: 'What it is, and what to do.', type: () => String }) message!: string;
}

/** A schedule as the doors show it. */
@ObjectType('ReportSchedule', { description: 'A report or a dashboard that goes out by itself.' })
export class ScheduleDto {
  @Field(() => ID, { description: 'Unique id.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'The report view that goes out; or', ...TEXT_OR_NULL }) view_id!: string | null;
  @Described({ description: 'the dashboard that goes out.', ...TEXT_OR_NULL }) dashboard_id!: string | null;
  @Described({ description: 'Whose rights it runs with; null where a key without a person made it.', ...TEXT_OR_NULL })
  owner_user_id!: string | null;
  @Described({ description: 'Five-field cron line.', ...TEXT_OR_NULL, example: '0 9 * * 1' }) cron!: string | null;
  @Described({
    description: 'In place of `cron`.',
    ...JSON_OR_NULL,
    example: { every: 'week', weekdays: ['monday'], at: '09:00' },
  })
  simple!: SimpleRecurrence | null;
  @Described({ description: 'What a day that a month does not have means.', type: () => String, oneOf: SHORT_MONTHS })
  short_months!: ShortMonths;
  @Described({ description: 'IANA zone of the clock.', type: () => String, example: 'Europe/Berlin' })
  time_zone!: string;
  @Described({
    description: `Files of the mail: ${DELIVERY_FORMATS.join(', ')}.`,
    type: () => [String],
    example: ['pdf', 'csv'],
  })
  formats!: DeliveryFormat[];
  @Described({
    description: '`{"email"}`, `{"user_id"}` or `{"team_id"}`; people are looked up anew each time.',
    type: () => GraphQLJSON,
    schema: { type: 'array', items: { type: 'object' } },
    example: [{ email: 'ann@example.com' }],
  })
  recipients!: ScheduleRecipient[];
  @Described({
    description: 'Names in braces: report, organization, period, due_date, finding, metric.<key>.',
    ...TEXT_OR_NULL,
    example: '{{report}}: {{metric.spend}} in {{period}}',
  })
  subject!: string | null;
  @Described({ description: 'A text above the numbers, with the same names.', ...TEXT_OR_NULL }) message!:
    string | null;
  @Described({
    description: 'Language and formats of its reports, BCP 47; null for those of the view or the organisation.',
    ...TEXT_OR_NULL,
    example: 'de-DE',
  })
  locale!: string | null;
  @Described({
    description: '`last_complete`: relative ranges mean whole periods that had ended when the report was due.',
    type: () => String,
    oneOf: REPORT_PERIODS,
  })
  period!: ReportPeriod;
  @Described({
    description: 'Holds the report until its data is there, with a deadline.',
    ...JSON_OR_NULL,
    example: { sources: ['meta_ads'], days_ago: 1, deadline_minutes: 120, at_deadline: 'send' },
  })
  gate!: DataGate | null;
  @Described({
    description:
      'Only then is it sent: a threshold (`operator`, `value`), a change against the period before (`change_percent`, `direction`) or an anomaly (`anomaly_sigmas`); `mode` always, on_change or on_breach.',
    ...JSON_OR_NULL,
    example: { metric: 'spend', operator: 'gt', value: 1000, mode: 'on_breach' },
  })
  condition!: ScheduleCondition | null;
  @Described({ description: 'False while it is paused.', type: () => Boolean }) is_active!: boolean;
  @Described({ description: 'Nothing is due before this instant.', ...TEXT_OR_NULL }) active_from!: string | null;
  @Described({ description: 'Nothing is due from this instant on.', ...TEXT_OR_NULL }) active_until!: string | null;
  @Described({ description: 'The next due time.', ...TEXT_OR_NULL, example: '2026-11-23T08:00:00.000Z' })
  next_run_at!: string | null;
  @Described({ description: 'The next five due times.', type: () => [String] }) next_runs!: string[];
  @Described({ description: 'What the owner should know about it.', type: () => [ScheduleNoticeDto] })
  warnings!: readonly ScheduleNoticeDto[];
  @Described({ description: 'When it was created.', type: () => String }) created_at!: string;
  @Described({ description: 'When it was last changed.', type: () => String }) updated_at!: string;
}

@ObjectType('ReportSchedulePage', { description: 'One page of schedules.' })
export class ScheduleListDto {
  @Described({ description: 'The schedules.', type: () => [ScheduleDto] }) data!: ScheduleDto[];
  @Described({ description: 'Give it back as `cursor`; null at the end.', ...TEXT_OR_NULL }) next_cursor!:
    string | null;
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
