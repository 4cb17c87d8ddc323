import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CoalescedRead } from '../cache/coalesced-read.js';
import { prepared } from '../common/prepared-query.js';

/** What an answer depends on beside the request, all of one moment. */
export interface OrganizationState {
  /** Hash of the live snapshot; null before the first publication. */
  readonly snapshot_hash: string | null;
  /** Hash of the standard library behind it. */
  readonly library_hash: string | null;
  /** Changes whenever analytic rows have changed. */
  readonly data_version: string;
  /** True while an import makes rows visible: the rows may be those before or after it. */
  readonly is_changing: boolean;
  /** Data source → latest instant for which it has rows. */
  readonly data_as_of: Readonly<Record<string, string>>;
}

const READ = {
  name: 'organization_states',
  text: `SELECT organization.id, organization.data_version::text, live.snapshot_hash, live.library_hash,
    EXISTS (
      SELECT FROM imports WHERE imports.organization_id = organization.id AND imports.state = 'committing'
    ) AS is_changing,
    coalesce((
      SELECT json_object_agg(data_source, to_char(latest_recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        ORDER BY data_source)
      FROM data_sources WHERE data_sources.organization_id = organization.id
    ), '{}') AS data_as_of
    FROM organizations AS organization
    LEFT JOIN LATERAL (
      SELECT snapshot_hash, library_hash FROM model_publications
      WHERE model_publications.organization_id = organization.id ORDER BY id DESC LIMIT 1
    ) AS live ON true
    WHERE organization.id = ANY ($1::uuid[])`,
};

/** Reads what requests have to know anew each time; requests that come at the same time share a read. */
@Injectable()
export class OrganizationStates {
  private readonly states = new CoalescedRead<OrganizationState>(async (ids) => {
    const rows = await prepared<OrganizationState & { id: string }>(this.database, READ, [ids]);
    return new Map(rows.map(({ id, ...state }) => [id, Object.freeze(state)]));
  });

  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** As it is at some moment after the call. */
  async read(organizationId: string): Promise<OrganizationState> {
    const state = await this.states.read(organizationId);
    if (!state) throw new Error('The organisation is gone.');
    return state;
  }
}
