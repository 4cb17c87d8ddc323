import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { DEFAULT_PAGE, decodeCursor, encodeCursor } from '../common/page.js';
import type { OrganizationState } from '../access/organization-state.js';
import type { Rate } from '../compiler/currency/rate-book.js';
import type { MoneyFacts } from '../compiler/query/money.js';
import { bumpDataVersion } from '../ingestion/data-version.js';
import type { FxRateDto, FxRateListDto, FxRatesDeletedDto, FxRatesQuery, FxRatesStoredDto } from './fx.dto.js';
import { EFFECTIVE_RATES, importFacts, storeRates } from './rate-store.js';
import type { GivenRate } from './read-rates.js';

const INSTANT = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;
const COLUMNS = `base, quote, day::text AS day, trim_scale(rate)::text AS rate, source,
  to_char(as_of AT TIME ZONE 'UTC', ${INSTANT}) AS as_of`;

/** Exchange rates of organisations. What is written counts for every answer from then on, also for cached ones. */
@Injectable()
export class FxService {
  /** All rates of an organisation, by it and the version of its data, which every change of rates moves on. */
  private readonly known = new LRUCache<string, Promise<readonly Rate[]>>({ max: 200 });

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly audit: AuditTrail,
  ) {}

  /** All rates of the organisation, as they are in this version of its data or later. */
  all(organizationId: string, dataVersion: string): Promise<readonly Rate[]> {
    const key = `${organizationId}:${dataVersion}`;
    const known = this.known.get(key);
    if (known) return known;
    const rates = this.database.query<Rate[]>(
      `SELECT ${COLUMNS} FROM ${EFFECTIVE_RATES} AS rates ORDER BY base, quote, day`,
      [organizationId],
    );
    this.known.set(key, rates);
    rates.catch(() => this.known.delete(key));
    return rates;
  }

  /** What an answer in the wanted currency needs to know; where all rows carry it anyway, rates are not even read. */
  async facts(
    organizationId: string,
    { currencies, data_version: version }: Pick<OrganizationState, 'currencies' | 'data_version'>,
    { own, wanted = own }: { readonly own: string; readonly wanted?: string | null | undefined },
  ): Promise<MoneyFacts & { readonly ratesOf: string | null }> {
    const isOne = (wanted ?? own) === own && currencies.every((code) => code === own);
    if (isOne) return { currencies, rates: [], ratesOf: null };
    return { currencies, rates: await this.all(organizationId, version), ratesOf: version };
  }

  /** Stores all of them; a rate of the same pair and day is restated. */
  async store(identity: Identity, given: readonly GivenRate[]): Promise<FxRatesStoredDto> {
    const { organizationId } = identity;
    return this.database.transaction(async (manager) => {
      const counts = await storeRates(manager, organizationId, given);
      if (counts.loaded + counts.restated > 0) {
        await bumpDataVersion(manager, organizationId);
        await this.audit.record(manager, {
          organizationId,
          actor: actorOf(identity),
          action: 'fx_rates.import',
          entity: ['fx_rates', null],
          after: importFacts(counts, given),
        });
      }
      return counts;
    });
  }

  /** In order of pair and day. */
  async list(organizationId: string, query: FxRatesQuery): Promise<FxRateListDto> {
    const limit = query.limit ?? DEFAULT_PAGE;
    const after = query.cursor === undefined ? null : decodeCursor(query.cursor).split('/');
    const rows = await this.database.query<FxRateDto[]>(
      `SELECT ${COLUMNS}, origin FROM ${EFFECTIVE_RATES} AS rates
       WHERE ($2::text IS NULL OR base = $2) AND ($3::text IS NULL OR quote = $3)
         AND ($4::date IS NULL OR day >= $4) AND ($5::date IS NULL OR day <= $5)
         AND ($6::text IS NULL OR (base, quote, day) > ($6, $7, $8::date))
       ORDER BY base, quote, day LIMIT $9`,
      [
        ...[organizationId, query.base ?? null, query.quote ?? null, query.from ?? null, query.to ?? null],
        ...[after?.[0] ?? null, after?.[1] ?? null, after?.[2] ?? null, limit + 1],
      ],
    );
    const data = rows.slice(0, limit);
    const last = data.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { data, next_cursor: more ? encodeCursor(`${last.base}/${last.quote}/${last.day}`) : null };
  }

  /** Takes rates of one pair back, within the days if there are any. */
  async delete(identity: Identity, { base, quote, from, to }: FxRatesQuery): Promise<FxRatesDeletedDto> {
    const { organizationId } = identity;
    return this.database.transaction(async (manager) => {
      const [, deleted] = await manager.query<[unknown, number]>(
        `DELETE FROM fx_rates WHERE organization_id = $1 AND base = $2 AND quote = $3
           AND ($4::date IS NULL OR day >= $4) AND ($5::date IS NULL OR day <= $5)`,
        [organizationId, base, quote, from ?? null, to ?? null],
      );
      if (deleted > 0) {
        await bumpDataVersion(manager, organizationId);
        await this.audit.record(manager, {
          organizationId,
          actor: actorOf(identity),
          action: 'fx_rates.delete',
          entity: ['fx_rates', null],
          before: { base, quote, from: from ?? null, to: to ?? null, deleted },
        });
      }
      return { deleted };
    });
  }
}
