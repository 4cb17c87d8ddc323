import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Actor } from './actor.js';
import { GENESIS, chained } from './audit-chain.js';
import { AuditHead, AuditLogEntry } from './audit-entry.entity.js';
import { auditFacts } from './audit-facts.js';

/** Something that was done. */
export interface AuditEvent {
  readonly organizationId: string;
  readonly actor: Actor;
  /** What was done, as `thing.verb`, e.g. `metric.update`, `report.export`. */
  readonly action: `${string}.${string}`;
  /** Kind of thing, e.g. `metric`, and its id. */
  readonly entity: readonly [type: string, id: string | null];
  /** The thing before and after, as far as it matters; secrets and rows' contents are taken out. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/**
 * Writes the audit trail. An entry is written in the transaction of what it tells of: both happen, or neither. Writers of
 * one organisation take turns from here to the end of their transactions, so record last.
 */
@Injectable()
export class AuditTrail {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** @param manager that of the write's transaction; with any other the entry gets a transaction of its own */
  record(manager: EntityManager, event: AuditEvent): Promise<void> {
    return this.recordAll(manager, [event]);
  }

  /** Several entries, in their order; all of one organisation. */
  async recordAll(manager: EntityManager, events: readonly AuditEvent[]): Promise<void> {
    const [first] = events;
    if (!first) return;
    if (events.some(({ organizationId }) => organizationId !== first.organizationId)) {
      throw new Error('Entries of two organisations can not stand in one chain');
    }
    if (manager.queryRunner?.isTransactionActive) await append(manager, first.organizationId, events);
    else await manager.transaction((own) => append(own, first.organizationId, events));
  }

  /** For what writes nothing itself, such as an export: the entry is there before this resolves. */
  recordAlone(event: AuditEvent): Promise<void> {
    return this.record(this.database.manager, event);
  }
}

/** Postgres takes 65,535 parameters in one statement. */
const ENTRIES_PER_STATEMENT = 1_000;

async function append(manager: EntityManager, organizationId: string, events: readonly AuditEvent[]): Promise<void> {
  await manager
    .createQueryBuilder()
    .insert()
    .into(AuditHead)
    .values({ organization_id: organizationId, seq: '0', hash: GENESIS.hash })
    .orIgnore()
    .execute();
  const head = await manager.findOneOrFail(AuditHead, {
    where: { organization_id: organizationId },
    lock: { mode: 'pessimistic_write' },
  });
  // Read under the lock, so that times go up with the numbers.
  const at = new Date().toISOString();
  const entries = chained(
    { seq: Number(head.seq), hash: head.hash },
    events.map(({ actor, action, entity: [entity_type, entity_id], before, after }) => ({
      organization_id: organizationId,
      at,
      actor_user_id: actor.userId,
      actor_key_id: actor.keyId,
      actor_role: actor.role,
      door: actor.door,
      action,
      entity_type,
      entity_id,
      before: auditFacts(before),
      after: auditFacts(after),
    })),
  );
  for (let from = 0; from < entries.length; from += ENTRIES_PER_STATEMENT) {
    await manager
      .createQueryBuilder()
      .insert()
      .into(AuditLogEntry)
      .values(entries.slice(from, from + ENTRIES_PER_STATEMENT) as never)
      .execute();
  }
  const last = entries.at(-1);
  if (!last) return;
  await manager.update(AuditHead, { organization_id: organizationId }, { seq: String(last.seq), hash: last.hash });
}
