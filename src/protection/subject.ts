import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CustomerIds } from '../analytics/customer-ids.service.js';
import { Problem, badRequest } from '../common/problem.js';
import { isUuid } from '../common/uuid.js';
import { EngineReads } from '../engine/engine-reads.js';
import type { Engine } from '../engine/engine.js';
import { ENGINE } from '../engine/engine.tokens.js';
import { CustomerMerge } from '../journeys/customer-merge.entity.js';
import { membersOf } from '../journeys/identity-graph.js';
import { JourneyRefresh } from '../journeys/journey-refresh.service.js';
import { OrganizationStates } from '../query/organization-state.js';

/** Whose data it is about. */
export interface SubjectRequest {
  /** The customer's UUID, an id as its source has it, or an e-mail address. */
  readonly customer: string;
  /** Further words by which texts name the person: addresses, phone numbers, account names. */
  readonly identifiers?: readonly string[];
}

/** All that names a person. */
export interface Subject {
  /** Every id of the person, merged ones too; of someone without rows, the ids that rows would have. */
  readonly ids: readonly string[];
  /** Words to look for in texts. */
  readonly texts: readonly string[];
}

const EMAIL = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;
/** A shorter word stands in too many texts that are not about the person. */
export const SHORTEST_TEXT = 4;
const MOST_REFS = 100;

/** From what a person is asked by to everything that the person is known by. */
@Injectable()
export class Subjects {
  private readonly reads: EngineReads;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) engine: Engine,
    private readonly customers: CustomerIds,
    private readonly refresh: JourneyRefresh,
    private readonly states: OrganizationStates,
  ) {
    this.reads = new EngineReads(engine);
  }

  /** @throws Problem 400 for a word that is too short; 409 `ambiguous_customer` */
  async find(organizationId: string, { customer, identifiers = [] }: SubjectRequest): Promise<Subject> {
    const given = customer.trim();
    const short = identifiers.find((word) => word.trim().length < SHORTEST_TEXT);
    if (given === '') throw badRequest('invalid_request', 'Say which customer.');
    if (short !== undefined) {
      throw badRequest(
        'invalid_request',
        `An identifier has at least ${SHORTEST_TEXT} characters; shorter words name others too.`,
      );
    }
    await this.refresh.ensure(organizationId, (await this.states.read(organizationId)).data_version);
    const ids = await this.idsOf(organizationId, given);
    for (const word of identifiers.filter((each) => EMAIL.test(each.trim()))) {
      for (const id of await this.idsOf(organizationId, word.trim())) ids.add(id);
    }
    const words = [isUuid(given) ? '' : given, ...identifiers, ...(await this.refs(organizationId, [...ids]))];
    const texts = new Set(words.map((word) => word.trim()).filter((word) => word.length >= SHORTEST_TEXT));
    return { ids: [...ids].sort(), texts: [...texts].sort() };
  }

  private async idsOf(organizationId: string, given: string): Promise<Set<string>> {
    const found = await this.customers.find(organizationId, given).catch((error: unknown) => {
      if (error instanceof Problem && error.status === 404) return null;
      throw error;
    });
    // Somebody without rows is kept out all the same; of the ids that a source's id may have, all are.
    const start = found?.members ?? (await this.customers.possible(organizationId, given));
    const merges = await this.database.manager.findBy(CustomerMerge, { organization_id: organizationId });
    const chain = merges.map(({ from_customer, to_customer }) => ({ from: from_customer, to: to_customer }));
    return new Set(start.flatMap((id) => membersOf(id, chain)));
  }

  /** The person's ids as their sources have them, which rows keep readable. */
  private async refs(organizationId: string, ids: readonly string[]): Promise<string[]> {
    const rows = await this.reads.rows(
      organizationId,
      ({ dialect, list }) =>
        `SELECT DISTINCT ${dialect === 'clickhouse' ? 'toString(data_payload.customer_ref)' : `data_payload ->> 'customer_ref'`}
         FROM unified_marketing_data WHERE customer_id IN (${list(ids)}) LIMIT ${MOST_REFS}`,
      ids,
    );
    return rows.flatMap(([ref]) => (typeof ref === 'string' ? [ref] : []));
  }
}
