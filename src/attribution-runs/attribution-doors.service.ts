import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { Organization } from '../access/organization.entity.js';
import { policyOf, seesAll } from '../access/policy.js';
import { nearestNames } from '../common/nearest.js';
import { DEFAULT_PAGE, decodeCursor, encodeCursor, type PageQuery } from '../common/page.js';
import { Problem, badRequest, notFound, unprocessable } from '../common/problem.js';
import { isUuid } from '../common/uuid.js';
import { Mistakes } from '../compiler/query/mistakes.js';
import { resolveRange } from '../compiler/query/time-range.js';
import type { DateRange } from '../compiler/query/types.js';
import { modelKeys, type AttributionSettings } from '../attribution/models/settings.js';
import type { Parameters } from '../attribution/models/parameters.js';
import { AttributionRuns } from './attribution-runs.service.js';
import { AttributionSettingsService, checkedSettings } from './attribution-settings.service.js';
import type { AttributionSettingsChangeDto, CalculateDto, RunDto, RunListDto } from './attribution.dto.js';
import { RunDiffs } from './run-diffs.service.js';
import type { RunRow } from './run-row.js';

const WAIT_MS = 60_000;

/** What stands behind the doors: requests read, runs presented. Runs are over all rows, so their askers must see all. */
@Injectable()
export class AttributionDoors {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly runs: AttributionRuns,
    private readonly settingsService: AttributionSettingsService,
    private readonly diffs: RunDiffs,
  ) {}

  async calculate(identity: Identity, body: CalculateDto): Promise<RunDto> {
    this.refuseRestricted(identity);
    const { models, date_range, wait, confidence, ...change } = body;
    const settings = checkedSettings(await this.settingsService.get(identity.organizationId), change);
    const known = modelKeys(settings);
    const wanted = models ?? [...settings.models, ...settings.custom_models.map(({ key }) => key)];
    wanted.forEach((key, index) => refuseUnknown(key, known, index));
    const range = date_range == null ? null : await this.range(identity.organizationId, date_range);
    const { resamples = 200, seed = 1, level = 0.95 } = confidence ?? {};
    const id = await this.runs.start(identity, {
      settings,
      models: known.filter((key) => wanted.includes(key)),
      range,
      confidence: confidence ? { resamples, seed, level } : null,
    });
    const run = await this.runs.wait(identity.organizationId, id, wait ? WAIT_MS : 0);
    if (run.state === 'failed' && run.problem)
      throw new Problem(run.problem.code === 'attribution_failed' ? 500 : 422, run.problem.code, run.problem.detail);
    return presented(run);
  }

  async list(identity: Identity, query: PageQuery): Promise<RunListDto> {
    this.refuseRestricted(identity);
    const limit = query.limit ?? DEFAULT_PAGE;
    const before = query.cursor === undefined ? null : decodeCursor(query.cursor);
    if (before !== null && !isUuid(before)) throw badRequest('invalid_cursor', 'The cursor is not one of this list.');
    const found = await this.runs.newest(identity.organizationId, limit + 1, before);
    const shown = found.slice(0, limit);
    const last = shown.at(-1);
    return { data: shown.map(presented), next_cursor: last && found.length > limit ? encodeCursor(last.id) : null };
  }

  async get(identity: Identity, id: string): Promise<RunDto> {
    this.refuseRestricted(identity);
    return presented(await this.runs.get(identity.organizationId, checkedId(id)));
  }

  async cancel(identity: Identity, id: string): Promise<RunDto> {
    this.refuseRestricted(identity);
    return presented(await this.runs.cancel(identity, checkedId(id)));
  }

  async diff(identity: Identity, id: string, against: string): Promise<Record<string, unknown>> {
    this.refuseRestricted(identity);
    const { organizationId } = identity;
    const after = await this.runs.get(organizationId, checkedId(id));
    const before = await this.runs.get(organizationId, checkedId(against));
    return this.diffs.between(before, after);
  }

  settings(identity: Identity): Promise<AttributionSettings> {
    return this.settingsService.get(identity.organizationId);
  }

  changeSettings(identity: Identity, body: AttributionSettingsChangeDto): Promise<AttributionSettings> {
    return this.settingsService.put(identity, body as Partial<AttributionSettings>);
  }

  private refuseRestricted(identity: Identity): void {
    if (seesAll(policyOf(identity))) return;
    throw new Problem(
      403,
      'policy_not_supported_here',
      'Runs are over all rows of the organisation, of which you may see a part. Ask for attributed_revenue in a query: it shows your part.',
    );
  }

  private async range(organizationId: string, given: unknown): Promise<Parameters['range']> {
    const { time_zone, week_start, fiscal_year_start } = await this.database.manager.findOneByOrFail(Organization, {
      id: organizationId,
    });
    if (typeof given !== 'string' && (typeof given !== 'object' || given === null || Array.isArray(given)))
      throw badRequest('invalid_request', 'date_range is a range as in queries.', [
        { code: 'wrong_value', message: 'Send {"from", "to"}, {"last", "unit"} or a name.', pointer: '/date_range' },
      ]);
    if (typeof given === 'object' && !('last' in given)) {
      const { from, to } = given as Record<string, unknown>;
      if (typeof from !== 'string' || typeof to !== 'string')
        throw badRequest('invalid_request', 'date_range needs from and to: days or instants as text.', [
          { code: 'wrong_value', message: 'from and to are texts.', pointer: '/date_range' },
        ]);
    }
    const mistakes = new Mistakes();
    const context = { now: new Date(), timeZone: time_zone, weekStart: week_start, fiscalYearStart: fiscal_year_start };
    const range = resolveRange(given as DateRange, context as never, mistakes, '/date_range');
    if (mistakes.any) throw mistakes.problem();
    return range === null ? null : { from: range.from.toMillis(), to: range.to.toMillis() - 1 };
  }
}

function refuseUnknown(key: string, known: readonly string[], index: number): void {
  if (known.includes(key)) return;
  const suggestions = nearestNames(key, known);
  const message = `There is no attribution model "${key.slice(0, 80)}". Known: ${known.join(', ')}.`;
  throw unprocessable('unknown_model', message, [
    { code: 'unknown_model', message, pointer: `/models/${index}`, ...(suggestions.length > 0 ? { suggestions } : {}) },
  ]);
}

function checkedId(id: string): string {
  if (!isUuid(id)) throw notFound('There is no attribution run with this id.');
  return id;
}

function presented(run: RunRow): RunDto {
  const { settings, models, range } = run.parameters;
  return {
    run_id: run.id,
    kind: run.kind,
    state: run.state,
    progress: run.state === 'succeeded' ? 1 : run.chunks === 0 ? 0 : run.chunks_done / run.chunks,
    problem: run.problem,
    parameters: { ...settings, models, range },
    created_at: run.created_at,
    started_at: run.started_at,
    finished_at: run.finished_at,
    ...(run.result ?? {}),
  };
}
