import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { EngineReads, type Words } from '../engine/engine-reads.js';
import type { Engine, EngineValue } from '../engine/engine.js';
import { ENGINE } from '../engine/engine.tokens.js';
import { OrganizationStates } from '../query/organization-state.js';
import { ErasedCustomers } from './erased-customers.js';
import { patterns } from './mentions.js';
import { ReportFileSearch } from './report-file-search.js';
import { Subjects, type Subject, type SubjectRequest } from './subject.js';

/** One record of an export: the store, and what it has there. */
export interface ExportedRecord {
  readonly store: string;
  readonly record: Readonly<Record<string, unknown>>;
}

type Columns = Readonly<Record<string, 'text' | 'uuid' | 'instant' | 'json'>>;
interface EngineStore {
  readonly name: string;
  readonly columns: Columns;
  readonly by: string;
  readonly isFinal?: boolean;
}

const ROW: Columns = {
  ...{ id: 'uuid', recorded_at: 'instant', data_source: 'text', source_category: 'text', campaign_id: 'uuid' },
  ...{ customer_id: 'uuid', asset_id: 'uuid', currency: 'text', data_payload: 'json', attribution_data: 'json' },
};
const JOURNEY: Columns = {
  ...{ customer_id: 'uuid', journey_start_date: 'instant', first_touch_at: 'instant', first_touch_campaign: 'text' },
  ...{ first_touch_source: 'text', last_touch_at: 'instant', last_touch_campaign: 'text', last_touch_source: 'text' },
  ...{ total_touchpoints: 'text', conversions: 'text', first_conversion_at: 'instant', own_cost: 'text' },
  ...{ lifetime_value: 'text', current_stage: 'text', journey_data: 'json' },
};
const CREDIT: Columns = {
  ...{ customer_id: 'uuid', conversion_id: 'uuid', transaction_date: 'instant', transaction_source: 'text' },
  ...{
    currency: 'text',
    transaction_revenue: 'text',
    touchpoint_id: 'uuid',
    touchpoint_at: 'instant',
    channel: 'text',
  },
  ...{ campaign_id: 'uuid', asset_id: 'uuid', attribution_model: 'text', attribution_weight: 'text' },
  ...{ revenue_amount: 'text' },
};
const ENGINE_STORES: readonly EngineStore[] = [
  { name: 'unified_marketing_data', columns: ROW, by: 'customer_id' },
  { name: 'customer_journey_tracking', columns: JOURNEY, by: 'customer_id', isFinal: true },
  {
    name: 'customer_identities',
    columns: { customer_id: 'uuid', canonical_id: 'uuid' },
    by: 'canonical_id',
    isFinal: true,
  },
  { name: 'revenue_attribution', columns: CREDIT, by: 'customer_id' },
];

/** Everything that the system has about one person, as records of their stores. */
@Injectable()
export class CustomerExport {
  private readonly reads: EngineReads;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) engine: Engine,
    private readonly subjects: Subjects,
    private readonly erased: ErasedCustomers,
    private readonly files: ReportFileSearch,
    private readonly states: OrganizationStates,
    private readonly audit: AuditTrail,
  ) {
    this.reads = new EngineReads(engine);
  }

  /** The export is in the audit trail before the first record is handed out, by the keyed hash of the person. */
  async begin(identity: Identity, request: SubjectRequest): Promise<AsyncGenerator<ExportedRecord>> {
    const { organizationId } = identity;
    const subject = await this.subjects.find(organizationId, request);
    await this.audit.recordAlone({
      ...{ organizationId, actor: actorOf(identity), action: 'customer.export' },
      entity: ['customer', await this.erased.hash(organizationId, subject.ids[0] ?? '')],
      after: { ids: subject.ids.length },
    });
    return this.records(organizationId, subject);
  }

  private async *records(organizationId: string, subject: Subject): AsyncGenerator<ExportedRecord> {
    yield { store: 'subject', record: { ...subject, exported_at: new Date().toISOString() } };
    const { attribution_runs } = await this.states.read(organizationId);
    for (const store of ENGINE_STORES) {
      for (const record of await this.ofEngine(organizationId, store, subject.ids, attribution_runs))
        yield { store: store.name, record };
    }
    const words = patterns([...subject.ids, ...subject.texts]);
    const addresses = subject.texts.map((text) => text.toLowerCase());
    const tables: readonly [store: string, sql: string, params: unknown[]][] = [
      [
        'customer_merges',
        `SELECT id, from_customer, to_customer, created_at, undone_at FROM customer_merges
         WHERE organization_id = $1 AND (from_customer = ANY ($2) OR to_customer = ANY ($2))`,
        [organizationId, subject.ids],
      ],
      [
        'import_rejects',
        `SELECT import_id, line, code, reason, content FROM import_rejects
         WHERE organization_id = $1 AND (content ~* ANY ($2::text[]) OR reason ~* ANY ($2::text[])) ORDER BY import_id, line`,
        [organizationId, words],
      ],
      [
        'deliveries',
        `SELECT id, occurrence_id, recipient, state, kind, evidence, created_at FROM deliveries
         WHERE organization_id = $1 AND lower(recipient) = ANY ($2::text[]) ORDER BY created_at, id`,
        [organizationId, addresses],
      ],
      [
        'mail_suppressions',
        `SELECT address, schedule_id, reason, detail, created_at FROM mail_suppressions
         WHERE organization_id = $1 AND lower(address) = ANY ($2::text[])`,
        [organizationId, addresses],
      ],
      [
        'report_files',
        `SELECT occurrence_id, name, sum(length(content))::bigint AS bytes, min(created_at) AS created_at FROM report_files
         WHERE organization_id = $1 AND occurrence_id = ANY ($2::uuid[]) GROUP BY occurrence_id, attempt, name`,
        [organizationId, await this.files.find(organizationId, [...subject.ids, ...subject.texts])],
      ],
    ];
    for (const [store, sql, params] of tables) {
      for (const record of await this.database.query<Record<string, unknown>[]>(sql, params)) yield { store, record };
    }
  }

  private async ofEngine(
    organizationId: string,
    { name, columns, by, isFinal }: EngineStore,
    ids: readonly string[],
    runs: readonly string[],
  ): Promise<Record<string, unknown>[]> {
    const entries = Object.entries(columns);
    const rows = await this.reads.rows(
      organizationId,
      (words) =>
        `SELECT ${entries.map(([column, type]) => written(column, type, words)).join(', ')}
         FROM ${name}${isFinal ? words.final : ''} WHERE ${by} IN (${words.list(ids)})`,
      ids,
      runs,
    );
    return rows.map((row) =>
      Object.fromEntries(entries.map(([column, type], at) => [column, read(row[at] ?? null, type)])),
    );
  }
}

function written(column: string, type: Columns[string], { dialect, uuid, instant }: Words): string {
  switch (type) {
    case 'uuid':
      return uuid(column);
    case 'instant':
      return instant(column);
    case 'json':
      return dialect === 'clickhouse' ? column : `${column}::text`;
    case 'text':
      return dialect === 'clickhouse' ? `toString(${column})` : `${column}::text`;
    default:
      return type satisfies never;
  }
}

function read(value: EngineValue, type: Columns[string]): unknown {
  if (type !== 'json' || typeof value !== 'string') return value;
  const parsed = JSON.parse(value) as unknown;
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return parsed;
  // A typed column has a place in every row, also where the row said nothing.
  return Object.fromEntries(Object.entries(parsed).filter(([, item]) => item !== null));
}
