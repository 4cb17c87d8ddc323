import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { decodeCursor, encodeCursor } from '../common/page.js';
import type { Rate } from '../compiler/currency/rate-book.js';
import { bumpDataVersion } from '../ingestion/data-version.js';
import type { FxRateListDto, FxRatesDeletedDto, FxRatesQuery, FxRatesStoredDto } from './fx.dto.js';
import type { GivenRate } from './read-rates.js';

/** Postgres takes the rates of one statement as five lists. */
const RATES_PER_STATEMENT = 10_000;
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
      `SELECT ${COLUMNS} FROM fx_rates WHERE organization_id = $1 ORDER BY base, quote, day`,
      [organizationId],
    );
    this.known.set(key, rates);
    rates.catch(() => this.known.delete(key));
    return rates;
  }

  /** Stores all of them; a rate of the same pair and day is restated. */
  async store(identity: Identity, given: readonly GivenRate[]): Promise<FxRatesStoredDto> {
    const { organizationId } = identity;
    // Of the same pair and day the last one counts, as if they had come one after the other.
    const rates = [...new Map(given.map((rate) => [`${rate.base}/${rate.quote}/${rate.day}`, rate])).values()];
    return this.database.transaction(async (manager) => {
      let loaded = 0;
      let restated = 0;
      for (let from = 0; from < rates.length; from += RATES_PER_STATEMENT) {
        const part = rates.slice(from, from + RATES_PER_STATEMENT);
        const list = (field: keyof GivenRate): (string | null)[] => part.map((rate) => rate[field]);
        const changed = await manager.query<{ is_new: boolean }[]>(
          `INSERT INTO fx_rates AS known (organization_id, base, quote, day, rate, source, as_of)
           SELECT $1, base, quote, day, rate, source, coalesce(as_of, now())
           FROM unnest($2::text[], $3::text[], $4::date[], $5::numeric[], $6::text[], $7::timestamptz[])
             AS given (base, quote, day, rate, source, as_of)
           ON CONFLICT (organization_id, base, quote, day) DO UPDATE
             SET rate = excluded.rate, source = excluded.source, as_of = excluded.as_of
             WHERE (known.rate, known.source) IS DISTINCT FROM (excluded.rate, excluded.source)
           RETURNING xmax = 0 AS is_new`,
          [organizationId, list('base'), list('quote'), list('day'), list('rate'), list('source'), list('as_of')],
        );
        loaded += changed.filter(({ is_new: isNew }) => isNew).length;
        restated += changed.filter(({ is_new: isNew }) => !isNew).length;
      }
      const counts = { read: given.length, loaded, restated, unchanged: given.length - loaded - restated };
      if (loaded + restated > 0) {
        await bumpDataVersion(manager, organizationId);
        const sources = [...new Set(rates.map(({ source }) => source))].sort().slice(0, 20);
        await this.audit.record(manager, {
          organizationId,
          actor: actorOf(identity),
          action: 'fx_rates.import',
          entity: ['fx_rates', null],
          after: { ...counts, sources },
        });
      }
      return counts;
    });
  }

  /** In order of pair and day. */
  async list(organizationId: string, query: FxRatesQuery): Promise<FxRateListDto> {
    const limit = query.limit ?? 500;
    const after = query.cursor === undefined ? null : decodeCursor(query.cursor).split('/');
    const rows = await this.database.query<Rate[]>(
      `SELECT ${COLUMNS} FROM fx_rates
       WHERE organization_id = $1 AND ($2::text IS NULL OR base = $2) AND ($3::text IS NULL OR quote = $3)
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
