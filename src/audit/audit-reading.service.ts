import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type SelectQueryBuilder } from 'typeorm';
import { DEFAULT_PAGE, decodeCursor, encodeCursor, type PageQuery } from '../common/page.js';
import { badRequest } from '../common/problem.js';
import { isUuid } from '../common/uuid.js';
import { ChainCheck, type AuditEntry, type ChainHead } from './audit-chain.js';
import { AuditHead, AuditLogEntry } from './audit-entry.entity.js';
import type { AuditEntryDto, AuditListDto, AuditQuery, AuditVerificationDto } from './audit.dto.js';

const BATCH = 1_000;

/** Reads the audit trail of one organisation, and checks its chain. */
@Injectable()
export class AuditReading {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Newest first. */
  async list(organizationId: string, query: AuditQuery): Promise<AuditListDto> {
    const limit = query.limit ?? DEFAULT_PAGE;
    const builder = this.select(organizationId, query)
      .orderBy('entry.seq', 'DESC')
      .take(limit + 1);
    if (query.cursor !== undefined) builder.andWhere('entry.seq < :before', { before: readCursor(query.cursor) });
    const found = await builder.getMany();
    const data = found.slice(0, limit).map(dtoOf);
    const last = data.at(-1);
    return { data, next_cursor: last && found.length > limit ? encodeCursor(String(last.seq)) : null };
  }

  /** All that match, oldest first, as whoever checks the chain needs them. */
  async *entries(organizationId: string, filter: Omit<AuditQuery, keyof PageQuery>): AsyncGenerator<AuditEntry> {
    let after = '0';
    for (;;) {
      const rows = await this.select(organizationId, filter)
        .andWhere('entry.seq > :after', { after })
        .orderBy('entry.seq', 'ASC')
        .take(BATCH)
        .getMany();
      yield* rows.map(entryOf);
      const last = rows.at(-1);
      if (!last || rows.length < BATCH) return;
      after = last.seq;
    }
  }

  /**
   * Checks every entry against the one before it, and the last against the head that is kept apart.
   * @param noted an entry that somebody noted earlier: who can write to the database could make a whole new chain, but
   *   not one that has this entry in it
   */
  async verify(organizationId: string, noted?: ChainHead): Promise<AuditVerificationDto> {
    // One moment for both: entries are added while this reads.
    return this.database.transaction('REPEATABLE READ', async (manager) => {
      const head = await manager.findOneBy(AuditHead, { organization_id: organizationId });
      const check = new ChainCheck();
      let entries = 0;
      let seen: string | null = null;
      for (let after = '0'; ;) {
        const rows = await manager
          .createQueryBuilder(AuditLogEntry, 'entry')
          .where('entry.organization_id = :organizationId', { organizationId })
          .andWhere('entry.seq > :after', { after })
          .orderBy('entry.seq', 'ASC')
          .limit(BATCH)
          .getMany();
        after = rows.at(-1)?.seq ?? after;
        for (const row of rows) {
          const entry = entryOf(row);
          check.add(entry);
          if (entry.seq === noted?.seq) seen = entry.hash;
        }
        entries += rows.length;
        if (rows.length < BATCH) break;
      }
      const { seq, hash } = check.head;
      let { fault } = check;
      if (!fault && head && (Number(head.seq) !== seq || (seq > 0 && head.hash !== hash))) {
        fault = { seq: seq + 1, reason: 'The newest entries are missing: the head of the chain is another.' };
      }
      if (!fault && noted && seen !== noted.hash) {
        fault = { seq: noted.seq, reason: 'It is not the entry whose hash was noted: the chain was written anew.' };
      }
      return { valid: fault === null, organization_id: organizationId, entries, seq, hash, fault };
    });
  }

  private select(
    organizationId: string,
    { actor, action, entity, from, to }: AuditQuery,
  ): SelectQueryBuilder<AuditLogEntry> {
    const builder = this.database.manager
      .createQueryBuilder(AuditLogEntry, 'entry')
      .where('entry.organization_id = :organizationId', { organizationId });
    if (actor != null) {
      if (isUuid(actor)) builder.andWhere('entry.actor_user_id = :actor', { actor });
      else
        builder.andWhere('(entry.actor_key_id = :actor OR entry.actor_role = :actor OR entry.door = :actor)', {
          actor,
        });
    }
    if (action?.endsWith('.*')) builder.andWhere('starts_with(entry.action, :kind)', { kind: action.slice(0, -1) });
    else if (action != null) builder.andWhere('entry.action = :action', { action });
    if (entity != null) {
      const [, type, id] = /^([a-z_]+)(?::(.*))?$/s.exec(entity) ?? [];
      builder.andWhere('entry.entity_type = :type', { type });
      if (id !== undefined) builder.andWhere('entry.entity_id = :id', { id });
    }
    if (from != null) builder.andWhere('entry.at >= :from', { from: instant(from, 'from') });
    if (to != null) builder.andWhere('entry.at < :to', { to: instant(to, 'to') });
    return builder;
  }
}

/** An instant that Postgres can hold; a day means its start in UTC. */
function instant(text: string, name: string): Date {
  const date = new Date(text);
  if (!Number.isNaN(date.getTime()) && date.getUTCFullYear() >= 1 && date.getUTCFullYear() < 10_000) return date;
  throw badRequest('invalid_request', `${name} is not an instant such as 2026-01-31T00:00:00Z.`);
}

function readCursor(cursor: string): string {
  const seq = decodeCursor(cursor);
  if (/^\d{1,15}$/.test(seq)) return seq;
  throw badRequest('invalid_cursor', 'The cursor is not one that this list gave out; leave it away to start anew.');
}

const entryOf = (row: AuditLogEntry): AuditEntry => ({ ...row, seq: Number(row.seq), at: row.at.toISOString() });

function dtoOf(row: AuditLogEntry): AuditEntryDto {
  const { organization_id: _organization, ...entry } = entryOf(row);
  return entry;
}
