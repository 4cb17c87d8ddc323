import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { conflict, notFound } from '../common/problem.js';
import { isUuid, uuidV5 } from '../common/uuid.js';
import { ENGINE } from '../engine/engine.tokens.js';
import type { Engine } from '../engine/engine.js';
import { DataSourceEntity } from '../ingestion/data-source.entity.js';
import { EngineReads } from '../engine/engine-reads.js';

/** A customer as rows know it. */
export interface FoundCustomer {
  /** The id that stands for the customer. */
  readonly canonical: string;
  /** All ids of the customer, sorted. */
  readonly members: readonly string[];
}

/** From the id that a person has at hand (a UUID, a source's own id, an e-mail address) to the customer. */
@Injectable()
export class CustomerIds {
  private readonly reads: EngineReads;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) engine: Engine,
  ) {
    this.reads = new EngineReads(engine);
  }

  /** The UUID behind the id, of which there is a row. @throws Problem 404; 409 where two sources use the same id */
  async known(organizationId: string, given: string): Promise<string> {
    const candidates = await this.candidates(organizationId, given);
    const found = await this.reads.rows(
      organizationId,
      ({ uuid, list }) =>
        `SELECT DISTINCT ${uuid('customer_id')} FROM unified_marketing_data WHERE customer_id IN (${list(candidates)}) LIMIT 100`,
      candidates,
    );
    const ids = found.map(([id]) => String(id)).sort();
    if (ids.length > 1) throw ambiguous(given, ids);
    const [id] = ids;
    if (id === undefined) throw notFound(`There is no customer ${given.slice(0, 80)}.`);
    return id;
  }

  /** @throws Problem 404 `not_found`; 409 `ambiguous_customer` where several customers have that id in their source */
  async find(organizationId: string, given: string): Promise<FoundCustomer> {
    const candidates = await this.candidates(organizationId, given);
    const stands = await this.reads.rows(
      organizationId,
      ({ uuid, list, final }) =>
        `SELECT ${uuid('customer_id')}, ${uuid('canonical_id')} FROM customer_identities${final} WHERE customer_id IN (${list(candidates)})`,
      candidates,
    );
    const into = new Map(stands.map(([id, canonical]) => [String(id), String(canonical)]));
    const canonicals = [...new Set(candidates.map((id) => into.get(id) ?? id))];
    const found = await this.reads.rows(
      organizationId,
      ({ uuid, list, final }) =>
        `SELECT ${uuid('customer_id')} FROM customer_journey_tracking${final} WHERE customer_id IN (${list(canonicals)})`,
      canonicals,
    );
    const ids = found.map(([id]) => String(id)).sort();
    if (ids.length > 1) throw ambiguous(given, ids);
    const [canonical] = ids;
    if (canonical === undefined) throw notFound(`There is no customer ${given.slice(0, 80)}.`);
    const others = await this.reads.rows(
      organizationId,
      ({ uuid, list, final }) =>
        `SELECT ${uuid('customer_id')} FROM customer_identities${final} WHERE canonical_id IN (${list([canonical])})`,
      [canonical],
    );
    return { canonical, members: [canonical, ...others.map(([id]) => String(id))].sort() };
  }

  /** The UUIDs that rows of the id have, or would have, whether there are any or not. */
  possible(organizationId: string, given: string): Promise<string[]> {
    return this.candidates(organizationId, given);
  }

  /** Imports make a UUID of a source's id, or of an e-mail address wherever it comes from; so it is found without a search. */
  private async candidates(organizationId: string, given: string): Promise<string[]> {
    if (isUuid(given)) return [given.toLowerCase()];
    const sources = await this.database.manager.findBy(DataSourceEntity, { organization_id: organizationId });
    return [
      uuidV5(`email:${given.trim().toLowerCase()}`, organizationId),
      ...sources.map(({ data_source }) => uuidV5(`${data_source}:${given}`, organizationId)),
    ];
  }
}

const ambiguous = (given: string, ids: readonly string[]): Error =>
  conflict(
    'ambiguous_customer',
    `Several sources have a customer ${given.slice(0, 80)}: ${ids.slice(0, 10).join(', ')}. Name one by its UUID.`,
  );
