import { memberLineage } from '../compiler/model/lineage.js';
import type { Library } from '../compiler/model/library.js';
import type { Member, MemberDefinition, Model } from '../compiler/model/types.js';
import { adviceFor } from './advice.js';
import type { Tell } from './deactivated.js';
import { definitionOf } from './definition.js';
import type { MetricConfig } from './metric-config.entity.js';
import type { MetricDto } from './metric.dto.js';
import type { ModelMemberDto } from './model.dto.js';
import { standardId } from './standard-id.js';

/** How definitions look at the doors. */
export class MetricPresenter {
  private readonly standard: ReadonlyMap<string, MemberDefinition>;

  constructor(
    private readonly organizationId: string,
    private readonly model: Model,
    private readonly library: Library,
    private readonly tell: Tell,
  ) {
    this.standard = new Map(library.members.map((member) => [member.metric_key, member]));
  }

  /** All members of the model. @param rows the organisation's active rows */
  all(rows: readonly MetricConfig[]): MetricDto[] {
    const own = new Map(rows.map((row) => [row.metric_key, row]));
    return this.model.members.flatMap((member): MetricDto[] => {
      const row = own.get(member.key);
      if (row) return [this.row(row)];
      const definition = this.standard.get(member.key);
      const id = standardId(this.organizationId, member.key);
      return definition ? [this.present(id, definition, member, 'standard')] : [];
    });
  }

  row(row: MetricConfig): MetricDto {
    const member = row.is_active ? this.model.members.find(({ key }) => key === row.metric_key) : undefined;
    return {
      ...this.present(row.id, definitionOf(row), member, 'organization'),
      is_active: row.is_active,
      created_at: row.created_at.toISOString(),
      updated_at: row.updated_at.toISOString(),
    };
  }

  private present(
    id: string,
    definition: MemberDefinition,
    member: Member | undefined,
    origin: 'standard' | 'organization',
  ): MetricDto {
    return {
      id,
      ...definition,
      is_sensitive: definition.is_sensitive ?? false,
      filter: definition.filter ?? null,
      window: definition.window ?? null,
      conversion: definition.conversion ?? null,
      source_tables: [...definition.source_tables],
      alias_keys: [...definition.alias_keys],
      is_active: true,
      origin,
      status: member?.status ?? 'inactive',
      diagnostics: member ? [...this.tell(member.diagnostics), ...adviceFor(member, this.model, this.library)] : [],
      depends_on: member?.depends_on ?? [],
      created_at: null,
      updated_at: null,
    };
  }
}

export const presentMember = (model: Model, member: Member, tell: Tell): ModelMemberDto => ({
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
  diagnostics: tell(member.diagnostics),
  aggregation: member.kind === 'simple' ? member.aggregation : null,
  formula: 'formula' in member ? (member.formula ?? null) : null,
  filter: 'filter' in member ? (member.filter ?? null) : null,
  window: member.kind === 'window' ? member.window : null,
  conversion: member.kind === 'conversion' ? member.conversion : null,
  lineage: memberLineage(model, member.key),
});
