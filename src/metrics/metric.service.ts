import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { conflict, notFound, unprocessable, type ProblemItem } from '../common/problem.js';
import { isUuid, newId } from '../common/uuid.js';
import { memberLineage } from '../compiler/model/lineage.js';
import { snapshotOf } from '../compiler/model/snapshot.js';
import type { Diagnostic, Member, MemberDefinition, Model } from '../compiler/model/types.js';
import { CompiledModelService } from './compiled-model.service.js';
import { definitionOf } from './definition.js';
import { LibraryService } from './library.service.js';
import { MetricConfig } from './metric-config.entity.js';
import type {
  CreateMetricDto,
  MetricDto,
  MetricValidationDto,
  ModelDto,
  ModelMemberDto,
  UpdateMetricDto,
} from './metric.dto.js';
import { ModelService } from './model.service.js';
import { standardId } from './standard-id.js';

export interface MetricListQuery {
  readonly metric_type?: string;
  readonly category?: string;
  readonly q?: string;
}

/** Definitions of metrics and dimensions: what the doors call. Every accepted write is live when it returns. */
@Injectable()
export class MetricService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly libraryService: LibraryService,
    private readonly models: ModelService,
    private readonly compiled: CompiledModelService,
  ) {}

  async list(organizationId: string, query: MetricListQuery = {}): Promise<MetricDto[]> {
    const model = (await this.models.live(organizationId)).snapshot.model;
    const rows = await this.database.manager.findBy(MetricConfig, { organization_id: organizationId, is_active: true });
    const wanted = query.q?.toLowerCase();
    return this.present(organizationId, model, rows).filter(
      (metric) =>
        (!query.metric_type || metric.metric_type === query.metric_type) &&
        (!query.category || metric.category === query.category) &&
        (!wanted ||
          [metric.metric_key, metric.display_label, metric.description ?? '', ...metric.alias_keys].some((text) =>
            text.toLowerCase().includes(wanted),
          )),
    );
  }

  async get(organizationId: string, id: string): Promise<MetricDto> {
    const found = (await this.list(organizationId)).find((metric) => metric.id === id);
    if (!found) throw notFound(`There is no metric or dimension with the id ${id}.`);
    return found;
  }

  /** @throws Problem 409 when the key is taken, 422 with diagnostics when the definition itself is wrong */
  async create(identity: Identity, body: CreateMetricDto): Promise<MetricDto> {
    return this.database.transaction(async (manager) => {
      const row = rowOf(newId(), identity.organizationId, body);
      const taken = await manager.findOneBy(MetricConfig, {
        organization_id: identity.organizationId,
        metric_key: row.metric_key,
        is_active: true,
      });
      if (taken) {
        throw conflict(
          'duplicate_key',
          `There is a metric with the key ${row.metric_key} already; change it with PATCH.`,
          [{ code: 'duplicate_key', message: 'The key is taken.', pointer: '/metric_key' }],
        );
      }
      await manager.insert(MetricConfig, row);
      return this.accept(manager, identity, row.id);
    });
  }

  /** @throws Problem as {@link create}; a PATCH of a standard metric makes the organisation's own version of it */
  async update(identity: Identity, id: string, body: UpdateMetricDto): Promise<MetricDto> {
    return this.database.transaction(async (manager) => {
      const { is_active: active = true, ...changes } = body;
      const existing = await this.find(manager, identity.organizationId, id, body.is_active === true);
      const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
      const row = { ...rowOf(id, identity.organizationId, { ...existing, ...given }), is_active: active };
      await manager.upsert(MetricConfig, row as never, ['id']);
      return this.accept(manager, identity, id);
    });
  }

  /**
   * Deactivates. Metrics whose formula named it are quarantined until it is back.
   * @returns the row and the keys of the metrics that this breaks
   */
  async deactivate(identity: Identity, id: string): Promise<{ metric: MetricDto; breaks: string[] }> {
    return this.database.transaction(async (manager) => {
      const before = await this.models.build(manager, identity.organizationId, { lock: true });
      const existing = await this.find(manager, identity.organizationId, id);
      const row = { ...rowOf(id, identity.organizationId, existing), is_active: false };
      await manager.upsert(MetricConfig, row as never, ['id']);
      await this.models.publish(manager, identity.organizationId, identity.userId);
      const after = await this.models.build(manager, identity.organizationId);
      const valid = (model: Model): Set<string> =>
        new Set(model.members.filter((member) => member.status === 'valid').map((member) => member.key));
      const still = valid(after);
      const breaks = [...valid(before)].filter((key) => key !== existing.metric_key && !still.has(key));
      const saved = await manager.findOneByOrFail(MetricConfig, { id });
      return { metric: presentRow(saved, undefined), breaks };
    });
  }

  /** What would happen if `body` were written; writes nothing. */
  async validate(organizationId: string, body: CreateMetricDto): Promise<MetricValidationDto> {
    const definition = definitionOf(rowOf(newId(), organizationId, body));
    const model = await this.models.build(this.database.manager, organizationId, {
      change: (definitions) => [
        ...definitions.filter((other) => other.metric_key !== definition.metric_key),
        definition,
      ],
    });
    const member = memberOf(model, definition.metric_key);
    const valid = member.status === 'valid';
    return {
      valid,
      diagnostics: member.diagnostics,
      depends_on: member.depends_on,
      sql: valid ? await this.compiled.memberSql(snapshotOf(model), member, organizationId) : null,
    };
  }

  async model(organizationId: string): Promise<ModelDto> {
    const live = await this.models.live(organizationId);
    const { model, hash } = live.snapshot;
    return {
      snapshot: hash,
      published_at: live.publishedAt.toISOString(),
      members: model.members.map((member) => presentMember(model, member)),
    };
  }

  /** Publishes within the transaction, and refuses (so that all is rolled back) when the definition itself is wrong. */
  private async accept(manager: EntityManager, identity: Identity, id: string): Promise<MetricDto> {
    await this.models.publish(manager, identity.organizationId, identity.userId);
    const row = await manager.findOneByOrFail(MetricConfig, { id });
    if (!row.is_active) return presentRow(row, undefined);
    const member = memberOf(await this.models.build(manager, identity.organizationId), row.metric_key);
    const own = member.diagnostics.filter(
      (diagnostic) => diagnostic.severity === 'error' && diagnostic.code !== 'depends_on_quarantined',
    );
    if (own.length > 0) {
      throw unprocessable('invalid_definition', own[0]?.message ?? '', own.map(problemItem));
    }
    return presentRow(row, member);
  }

  /** The organisation's active row, or the standard entry that goes by this id. */
  private async find(
    manager: EntityManager,
    organizationId: string,
    id: string,
    inactiveToo = false,
  ): Promise<MemberDefinition> {
    const row = isUuid(id) ? await manager.findOneBy(MetricConfig, { id, organization_id: organizationId }) : null;
    if (row && (row.is_active || inactiveToo)) return definitionOf(row);
    const standard = this.libraryService.library.members.find(
      (member) => standardId(organizationId, member.metric_key) === id,
    );
    if (standard && !row) return standard;
    throw notFound(`There is no active metric or dimension with the id ${id}.`);
  }

  private present(organizationId: string, model: Model, rows: readonly MetricConfig[]): MetricDto[] {
    const own = new Map(rows.map((row) => [row.metric_key, row]));
    const standard = new Map(this.libraryService.library.members.map((member) => [member.metric_key, member]));
    return model.members.flatMap((member) => {
      const row = own.get(member.key);
      if (row) return presentRow(row, member);
      const definition = standard.get(member.key);
      if (!definition) return [];
      return presentDefinition(standardId(organizationId, member.key), definition, member, 'standard');
    });
  }
}

const problemItem = (diagnostic: Diagnostic): ProblemItem => ({
  code: diagnostic.code,
  message: diagnostic.message,
  pointer: diagnostic.pointer,
  ...(diagnostic.range ? { range: diagnostic.range } : {}),
  ...(diagnostic.suggestions?.length ? { suggestions: diagnostic.suggestions } : {}),
});

function memberOf(model: Model, key: string): Member {
  const member = model.members.find((candidate) => candidate.key === key);
  if (!member) throw new Error(`The model lost the member ${key}`);
  return member;
}

type MetricRow = Omit<MetricConfig, 'created_at' | 'updated_at'>;

/** Fills in what a user may leave out. */
function rowOf(
  id: string,
  organizationId: string,
  body:
    | (Partial<MemberDefinition> & Pick<CreateMetricDto, 'metric_key' | 'metric_type' | 'data_type' | 'display_label'>)
    | CreateMetricDto,
): MetricRow {
  const calculated = body.formula != null;
  return {
    id,
    organization_id: organizationId,
    metric_key: body.metric_key,
    standard_key: body.standard_key ?? null,
    display_label: body.display_label,
    description: body.description ?? null,
    category: body.category ?? (calculated ? 'calculated' : 'external'),
    metric_type: body.metric_type,
    data_type: body.data_type,
    aggregation: body.aggregation ?? (body.metric_type === 'metric' && !calculated ? 'sum' : null),
    formula: body.formula ?? null,
    expression: body.expression ?? null,
    weight: body.weight ?? null,
    additivity:
      body.additivity ?? (calculated || (body.aggregation ?? 'sum') in NON_ADDITIVE ? 'non_additive' : 'additive'),
    unit: body.unit ?? null,
    source_tables: [...(body.source_tables ?? ['unified_marketing_data'])],
    alias_keys: [...(body.alias_keys ?? [])],
    is_active: true,
  };
}
const NON_ADDITIVE = { avg: true, distinct: true, weighted_avg: true };

function presentRow(row: MetricConfig, member: Member | undefined): MetricDto {
  return {
    ...presentDefinition(row.id, definitionOf(row), member, 'organization'),
    is_active: row.is_active,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

function presentDefinition(
  id: string,
  definition: MemberDefinition,
  member: Member | undefined,
  origin: 'standard' | 'organization',
): MetricDto {
  return {
    id,
    ...definition,
    source_tables: [...definition.source_tables],
    alias_keys: [...definition.alias_keys],
    is_active: true,
    origin,
    status: member?.status ?? 'inactive',
    diagnostics: member?.diagnostics ?? [],
    depends_on: member?.depends_on ?? [],
    created_at: null,
    updated_at: null,
  };
}

const presentMember = (model: Model, member: Member): ModelMemberDto => ({
  key: member.key,
  label: member.label,
  description: member.description,
  metric_type: member.kind === 'dimension' ? 'dimension' : 'metric',
  data_type: member.data_type,
  unit: member.unit,
  additivity: member.additivity,
  aliases: member.aliases,
  origin: member.origin,
  status: member.status,
  diagnostics: member.diagnostics,
  aggregation: member.kind === 'simple' ? member.aggregation : null,
  formula: member.kind === 'formula' ? member.formula : null,
  lineage: memberLineage(model, member.key),
});
