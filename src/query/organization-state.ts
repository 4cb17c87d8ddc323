import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { STATE_COLUMN, type OrganizationState } from '../access/organization-state.js';
import { acrossOrganizations } from '../access/tenancy/scope.js';
import { CoalescedRead } from '../cache/coalesced-read.js';
import { KEYS, readKeyed } from '../common/keyed-read.js';

const READ = {
  name: 'organization_states',
  text: `SELECT organization.id, ${STATE_COLUMN} FROM organizations AS organization WHERE organization.id IN (${KEYS}::uuid)`,
};

/** Reads what requests have to know anew each time; requests that come at the same time share a read. */
@Injectable()
export class OrganizationStates {
  private readonly states = new CoalescedRead<OrganizationState>(async (ids) => {
    const read = (): Promise<{ id: string; state: OrganizationState }[]> => readKeyed(this.database, READ, ids);
    const rows = await acrossOrganizations('requests of several organisations share a read', read);
    return new Map(rows.map(({ id, state }) => [id, Object.freeze(state)]));
  });

  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** As it is at some moment after the call. */
  async read(organizationId: string): Promise<OrganizationState> {
    const state = await this.states.read(organizationId);
    if (!state) throw new Error('The organisation is gone.');
    return state;
  }
}
