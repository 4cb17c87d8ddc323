import { Inject, Injectable } from '@nestjs/common';
import { EngineReads } from '../engine/engine-reads.js';
import { ENGINE } from '../engine/engine.tokens.js';
import type { Engine, EngineValue, SourceCategory, UnifiedRow } from '../engine/engine.js';
import { unlinked } from '../ingestion/unlinked.js';

/** Rows that are read and written at once. */
const BATCH = 5_000;

/**
 * Puts rows without their customer in the place of customers' rows, by a stage as an import does: readers see all of
 * before, or all of after. To be called under the organisation's import lock.
 */
@Injectable()
export class AnonymiseRows {
  private readonly reads: EngineReads;

  constructor(@Inject(ENGINE) private readonly engine: Engine) {
    this.reads = new EngineReads(engine);
  }

  async run(organizationId: string, jobId: string, customers: readonly string[]): Promise<void> {
    // What an attempt before left there may be cut off in the middle.
    await (await this.engine.openStage(organizationId, jobId)).drop();
    const stage = await this.engine.openStage(organizationId, jobId);
    let line = 0;
    for (let after: string | null = '00000000-0000-0000-0000-000000000000'; after !== null;) {
      const rows: UnifiedRow[] = (await this.page(organizationId, customers, after)).map((row) =>
        unlinked(stored(row, (line += 1))),
      );
      await stage.append(rows);
      after = rows.length < BATCH ? null : (rows.at(-1)?.id ?? null);
    }
    await stage.plan();
    await stage.commit();
    await stage.drop();
  }

  private page(
    organizationId: string,
    customers: readonly string[],
    after: string,
  ): Promise<(readonly EngineValue[])[]> {
    return this.reads.rows(
      organizationId,
      ({ dialect, uuid, instant, list }) => {
        const payload = dialect === 'clickhouse' ? 'data_payload' : 'data_payload::text';
        return `SELECT ${uuid('id')}, ${instant('recorded_at')}, data_source, source_category, ${uuid('campaign_id')},
            ${uuid('asset_id')}, currency, ${payload}
          FROM unified_marketing_data WHERE customer_id IN (${list(customers)}) AND id > ${list([after])}
          ORDER BY id LIMIT ${BATCH}`;
      },
      [...customers, after],
    );
  }
}

function stored(
  [id, at, source, category, campaign, asset, currency, payload]: readonly EngineValue[],
  line: number,
): UnifiedRow {
  const text = (value: EngineValue | undefined): string | null => (value == null ? null : String(value));
  return {
    ...{ id: String(id), recorded_at: String(at), data_source: String(source), line, content_hash: '' },
    ...{ source_category: String(category) as SourceCategory, campaign_id: text(campaign), customer_id: null },
    ...{ asset_id: text(asset), currency: text(currency), data_payload: String(payload), attribution_data: null },
  };
}
