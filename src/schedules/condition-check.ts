import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { policyOf } from '../access/policy.js';
import { Problem } from '../common/problem.js';
import type { PresentedValue } from '../compiler/query/present.js';
import type { Occurrence } from '../delivery/occurrence.entity.js';
import { completeRange } from '../reports/complete-range.js';
import type { ReportSubject } from '../delivery/report-subject.port.js';
import { isDue, judge, type Measured } from './condition.js';
import { QUERIES, type Queries } from './ports.js';
import { ReportSchedule } from './schedule.entity.js';

/** Measures what a schedule's condition is about, judges it, and remembers the edge. */
@Injectable()
export class ConditionCheck {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(QUERIES) private readonly queries: Queries,
  ) {}

  /** @param remembers false for a look that leaves no trace */
  async check(
    schedule: ReportSchedule,
    subject: ReportSubject,
    occurrence: Occurrence,
    owner: Identity,
    signal: AbortSignal,
    remembers: boolean,
  ): Promise<{ readonly sends: boolean; readonly finding: string } | null> {
    const { condition, observation } = schedule;
    if (!condition) return null;
    const measured = await this.measure(schedule, subject, occurrence, owner, signal);
    const { held, finding } = judge(condition, measured);
    // An occurrence that runs again after a crash is judged by what stood before it, not by itself.
    const before = observation?.occurrence_id === occurrence.id ? (observation.before ?? null) : observation;
    if (!remembers) return { sends: isDue(condition.mode, held, before), finding };
    const next = { held, occurrence_id: occurrence.id, finding, before: before && { ...before, before: null } };
    await this.database.query(`UPDATE report_schedules SET observation = $2::jsonb WHERE id = $1`, [
      schedule.id,
      JSON.stringify(next),
    ]);
    return { sends: isDue(condition.mode, held, before), finding };
  }

  private async measure(
    schedule: ReportSchedule,
    subject: ReportSubject,
    occurrence: Occurrence,
    owner: Identity,
    signal: AbortSignal,
  ): Promise<Measured> {
    const condition = schedule.condition;
    if (!condition) throw new Error('There is no condition to measure.');
    const { metric } = condition;
    const saved = subject.requests.find(({ metrics }) => metrics.includes(metric));
    if (!saved)
      throw new Problem(
        422,
        'unknown_metric',
        `The report has no metric “${metric}” any more, which its condition is about.`,
      );
    const wanted = saved.date_range ?? null;
    const range = schedule.period === 'last_complete' ? completeRange(wanted) : wanted;
    const request = {
      metrics: [metric],
      dimensions: [],
      filters: saved.filters ?? null,
      date_range: range,
      limit: null,
    };
    const options = { signal, asOf: occurrence.due_at, lane: 'delivery' } as const;
    const policy = policyOf(owner);
    const zone = { time_zone: saved.time_zone ?? schedule.time_zone };
    if ('anomaly_sigmas' in condition) {
      const grain = saved.time_grain ?? 'daily';
      const { columns, rows } = await this.queries.run(
        policy,
        { ...request, ...zone, time_grain: grain, fill: range === null ? null : 'null', limit: 1_000 },
        options,
      );
      const key = metricColumn(columns, metric);
      const values = rows.map((row) => exact(row[key.name]));
      return { label: key.label, value: values.at(-1) ?? null, history: values.slice(0, -1) };
    }
    const compare = 'change_percent' in condition ? ('previous_period' as const) : null;
    const { columns, rows } = await this.queries.run(policy, { ...request, ...zone, compare }, options);
    const key = metricColumn(columns, metric);
    const [row = {}] = rows;
    return { label: key.label, value: exact(row[key.name]), previous: exact(row[`${key.name}__previous`]) };
  }
}

function metricColumn(
  columns: readonly { readonly name: string; readonly label: string; readonly role: string }[],
  metric: string,
): { readonly name: string; readonly label: string } {
  return columns.find(({ role }) => role === 'metric') ?? { name: metric, label: metric };
}

const exact = (value: PresentedValue | undefined): string | null =>
  value === null || value === undefined || typeof value === 'boolean' ? null : String(value);
