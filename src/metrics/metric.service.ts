import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Identity } from '../access/identity.js';
import type { Policy } from '../access/policy.js';
import { visibilityOf, visibleModel } from '../compiler/model/visibility.js';
import { Problem, notFound } from '../common/problem.js';
import { newId } from '../common/uuid.js';
import { fault } from '../compiler/diagnostics/diagnostic.js';
import { dependants } from '../compiler/model/build.js';
import type { Diagnostic, MemberDefinition } from '../compiler/model/types.js';
import { adviceFor } from './advice.js';
import { CompiledModelService } from './compiled-model.service.js';
import { definitionOf, rowOf, type MetricRow } from './definition.js';
import { NO_CHANGE, visibleStandard, type RowChange } from './definition-change.js';
import { edit } from './definition-edit.js';
import { invalidDefinition, memberOf, ownFaults, problemItem } from './definition-fault.js';
import { DefinitionWriter, type Outcome } from './definition-writer.service.js';
import { LibraryService } from './library.service.js';
import { MetricConfig } from './metric-config.entity.js';
import type {
  CreateMetricDto,
  DeactivatedMetricDto,
  MetricDto,
  MetricValidationDto,
  NoticeDto,
  UpdateMetricDto,
  WrittenMetricDto,
} from './metric.dto.js';
import type { ModelDto } from './model.dto.js';
import { ModelService, type ModelInputs } from './model.service.js';
import { MetricPresenter, presentMember } from './present-metric.js';
import { standardId } from './standard-id.js';

export interface MetricListQuery {
  readonly metric_type?: string;
  readonly category?: string;
  readonly q?: string;
  /** False lists the deactivated ones. */
  readonly is_active?: boolean;
}

/** What a write does to one definition. */
interface Plan {
  readonly row: MetricRow;
  readonly change: RowChange;
  readonly notices: readonly NoticeDto[];
  /** Key of the definition before the write; null for a new one. */
  readonly keyBefore: string | null;
}

/** Definitions of metrics and dimensions: what the doors call. Every accepted write is live when it returns. */
@Injectable()
export class MetricService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly libraryService: LibraryService,
    private readonly models: ModelService,
    private readonly compiled: CompiledModelService,
    private readonly writer: DefinitionWriter,
  ) {}

  /** Without what is hidden from the asker, and what is built on it. */
  async list(policy: Policy, query: MetricListQuery = {}): Promise<MetricDto[]> {
    const { organizationId } = policy;
    const { model } = (await this.models.live(organizationId)).snapshot;
    const { hidden } = visibilityOf(model, policy);
    const active = query.is_active ?? true;
    const rows = await this.database.manager.find(MetricConfig, {
      where: { organization_id: organizationId, is_active: active },
      order: { metric_key: 'ASC', id: 'ASC' },
    });
    const tell = await this.models.teller(policy, model);
    const presenter = new MetricPresenter(organizationId, model, this.libraryService.library, tell);
    const metrics = active ? presenter.all(rows) : rows.map((row) => presenter.row(row));
    const wanted = query.q?.toLowerCase();
    return metrics.filter(
      (metric) =>
        !hidden.has(metric.metric_key) &&
        !metric.depends_on.some((key) => hidden.has(key)) &&
        (!query.metric_type || metric.metric_type === query.metric_type) &&
        (!query.category || metric.category === query.category) &&
        (!wanted ||
          [metric.metric_key, metric.display_label, metric.description ?? '', ...metric.alias_keys].some((text) =>
            text.toLowerCase().includes(wanted),
          )),
    );
  }

  async get(policy: Policy, id: string): Promise<MetricDto> {
    const found =
      (await this.list(policy)).find((metric) => metric.id === id) ??
      (await this.list(policy, { is_active: false })).find((metric) => metric.id === id);
    if (!found) throw notFound(`There is no metric or dimension with the id ${id}.`);
    return found;
  }

  /** @throws Problem 409 when the key is taken, 422 with diagnostics when the definition itself is wrong */
  create(identity: Identity, body: CreateMetricDto): Promise<WrittenMetricDto> {
    return this.write(identity, (stored) => planCreate(stored, body));
  }

  /** @throws Problem as {@link create}; a PATCH of a standard metric makes the organisation's own version of it */
  update(identity: Identity, id: string, body: UpdateMetricDto): Promise<WrittenMetricDto> {
    return this.write(identity, (stored) => planUpdate(stored, id, body));
  }

  /** Deactivates. Metrics whose formula named it are quarantined until it is back; views that use it are refused. */
  async deactivate(identity: Identity, id: string): Promise<DeactivatedMetricDto> {
    const { breaks, views, dashboards, notices, ...metric } = await this.update(identity, id, { is_active: false });
    return { metric, breaks, views, dashboards, notices };
  }

  /**
   * What would happen if this were written; writes nothing.
   * @param id of the definition that `body` changes (or deactivates, by `is_active: false`); absent for a new one
   */
  async validate(
    organizationId: string,
    change: { readonly body: CreateMetricDto } | { readonly id: string; readonly body: UpdateMetricDto },
  ): Promise<MetricValidationDto> {
    let plan = undefined as Plan | undefined;
    const outcome = await this.writer
      .preview(organizationId, (stored) => {
        plan = 'id' in change ? planUpdate(stored, change.id, change.body) : planValidate(stored, change.body);
        return plan.change;
      })
      .catch(keyTaken);
    if (Array.isArray(outcome)) return { ...NOTHING, diagnostics: outcome };
    if (!plan) throw new Error('Nothing was planned');
    const { row, keyBefore, notices } = plan;
    const { model } = outcome.after;
    const impact = await this.writer.impact(outcome);
    const built = new Set([
      ...(keyBefore === null ? [] : dependants(outcome.before.model, keyBefore)),
      ...(row.is_active ? dependants(model, row.metric_key) : []),
    ]);
    const answer = { ...impact, breaks: others(impact.breaks, row), dependants: [...built].sort(), notices };
    if (!row.is_active) return { valid: true, diagnostics: [], depends_on: [], sql: null, ...answer };
    const member = memberOf(model, row.metric_key);
    const valid = member.status === 'valid';
    const tell = await this.models.teller({ organizationId }, model);
    return {
      valid,
      diagnostics: [...tell(member.diagnostics), ...adviceFor(member, model, this.libraryService.library)],
      depends_on: member.depends_on,
      sql: valid ? await this.compiled.memberSql(outcome.after, member, organizationId) : null,
      ...answer,
    };
  }

  async model(policy: Policy): Promise<ModelDto> {
    const live = await this.models.live(policy.organizationId);
    const { hash } = live.snapshot;
    const model = visibleModel(live.snapshot.model, policy);
    const tell = await this.models.teller(policy, model);
    return {
      snapshot: hash,
      published_at: live.publishedAt.toISOString(),
      members: model.members.map((member) => presentMember(model, member, tell)),
    };
  }

  /** Writes and publishes, and refuses (so that nothing is written) when the definition itself is wrong. */
  private async write(identity: Identity, planned: (stored: ModelInputs) => Plan): Promise<WrittenMetricDto> {
    const { organizationId } = identity;
    let plan = undefined as Plan | undefined;
    const refuseFaults = async ({ after: { model } }: Outcome, manager: EntityManager): Promise<void> => {
      if (!plan?.row.is_active) return;
      const faults = ownFaults(memberOf(model, plan.row.metric_key));
      if (faults.length === 0) return;
      const tell = await this.models.teller(identity, model, manager);
      throw invalidDefinition(tell(faults).map(problemItem));
    };
    const written = await this.writer.write(
      identity,
      'edit',
      (stored) => {
        plan = planned(stored);
        return plan.change;
      },
      refuseFaults,
    );
    if (!plan) throw new Error('Nothing was planned');
    const saved = await this.database.manager.findOneByOrFail(MetricConfig, { id: plan.row.id });
    const { breaks, views, dashboards } = await this.writer.impact(written);
    const tell = await this.models.teller({ organizationId }, written.after.model);
    const presenter = new MetricPresenter(organizationId, written.after.model, this.libraryService.library, tell);
    return { ...presenter.row(saved), breaks: others(breaks, plan.row), views, dashboards, notices: plan.notices };
  }
}

const NOTHING: MetricValidationDto = {
  valid: false,
  diagnostics: [],
  depends_on: [],
  dependants: [],
  breaks: [],
  views: [],
  dashboards: [],
  notices: [],
  sql: null,
};

/** A key that is taken is a finding here, not a refusal. */
function keyTaken(thrown: unknown): Diagnostic[] {
  if (!(thrown instanceof Problem) || thrown.code !== 'duplicate_key') throw thrown;
  return [fault('duplicate_key', '/metric_key', thrown.detail)];
}

const others = (keys: readonly string[], row: MetricRow): string[] => keys.filter((key) => key !== row.metric_key);

function planCreate(stored: ModelInputs, body: CreateMetricDto): Plan {
  const row = rowOf(newId(), stored.organizationId, body);
  return { row, change: { upserts: [row], deletes: [] }, notices: [], keyBefore: standsFor(stored, row.metric_key) };
}

/** As if the definition were new; one that has the key already gives way. */
function planValidate(stored: ModelInputs, body: CreateMetricDto): Plan {
  const holder = stored.rows.find((row) => row.is_active && row.metric_key === body.metric_key);
  if (!holder) return planCreate(stored, body);
  const row = rowOf(holder.id, stored.organizationId, body);
  return { row, change: { upserts: [row], deletes: [] }, notices: [], keyBefore: holder.metric_key };
}

function planUpdate(stored: ModelInputs, id: string, body: UpdateMetricDto): Plan {
  const existing = existingDefinition(stored, id, body.is_active === true);
  const { row, notices } = edit(id, stored.organizationId, existing, body);
  const keyBefore = existing.metric_key;
  const plan = { row, notices, keyBefore, change: { ...NO_CHANGE, upserts: [row] } };
  const standard = stored.standard.find((each) => each.metric_key === keyBefore);
  if (!standard || id === standardId(stored.organizationId, keyBefore)) return plan;
  if (!row.is_active) {
    if (!visibleStandard(stored).includes(standard)) return plan;
    const message = `The standard ${standard.metric_type} ${keyBefore} is back in its place; deactivate that, too, if the name is to mean nothing.`;
    return { ...plan, notices: [...notices, { code: 'standard_back', message, pointer: '/metric_key' }] };
  }
  if (row.metric_key === keyBefore || !row.alias_keys.includes(keyBefore)) return plan;
  // Else the standard one would take the old key back, and saved views would silently mean that.
  const hidden = rowOf(standardId(stored.organizationId, keyBefore), stored.organizationId, standard);
  const message = `The standard ${standard.metric_type} ${keyBefore} is deactivated, so that the name goes on meaning this one.`;
  return {
    ...plan,
    change: { upserts: [row, { ...hidden, is_active: false }], deletes: [] },
    notices: [...notices, { code: 'standard_deactivated', message, pointer: '/metric_key' }],
  };
}

/** The key, if something goes by it already: a standard definition that a new one replaces. */
const standsFor = (stored: ModelInputs, key: string): string | null =>
  visibleStandard(stored).some((each) => each.metric_key === key) ? key : null;

/** The organisation's active row, or the standard entry that goes by this id. */
function existingDefinition(stored: ModelInputs, id: string, inactiveToo: boolean): MemberDefinition {
  const row = stored.rows.find((each) => each.id === id);
  if (row && (row.is_active || inactiveToo)) return definitionOf(row);
  const standard = stored.standard.find((member) => standardId(stored.organizationId, member.metric_key) === id);
  if (standard && !row) return standard;
  throw notFound(`There is no active metric or dimension with the id ${id}.`);
}
