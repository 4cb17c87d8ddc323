import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { identityOf, selectIdentities, type IdentityRow } from './identity-row.js';
import type { Identity } from './identity.js';
import type { Action } from './permissions.js';
import { acrossOrganizations } from './tenancy/scope.js';

const MEMBER = `SELECT organization_id, user_id, role, custom_role_id, campaigns, rows FROM memberships`;

/** Finds who a person is in an organisation, with all that narrows them, as it is now. */
@Injectable()
export class Identities {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** For work on someone's behalf, such as a schedule's. Null when the person no longer belongs to the organisation. */
  async ofUser(organizationId: string, userId: string): Promise<Identity | null> {
    const asker = `${MEMBER} WHERE organization_id = $1 AND user_id = $2`;
    return this.find(selectIdentities(asker), [organizationId, userId], 'work for a person');
  }

  /** A key that belongs to no person, for work on its behalf. Null once it is revoked or has expired. */
  async ofKey(organizationId: string, publicId: string): Promise<Identity | null> {
    const asker = `SELECT organization_id, user_id, role, custom_role_id, campaigns, '[]'::jsonb AS rows, scopes FROM api_keys
      WHERE organization_id = $1 AND public_id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`;
    const rows = await acrossOrganizations('work for a key', () =>
      this.database.query<(IdentityRow & { readonly scopes: readonly Action[] | null })[]>(
        selectIdentities(asker, 'asker.scopes,'),
        [organizationId, publicId],
      ),
    );
    return rows[0] ? identityOf(rows[0], publicId, rows[0].scopes) : null;
  }

  /** @param organization its id or slug */
  async ofEmail(organization: string, email: string): Promise<Identity | null> {
    const asker = `${MEMBER}
      WHERE organization_id = (SELECT id FROM organizations WHERE id::text = lower($1) OR slug = $1)
        AND user_id = (SELECT id FROM users WHERE lower(email) = lower($2))`;
    return this.find(selectIdentities(asker), [organization, email], 'finding out who asks');
  }

  private async find(sql: string, values: unknown[], why: string): Promise<Identity | null> {
    const rows = await acrossOrganizations(why, () => this.database.query<IdentityRow[]>(sql, values));
    return rows[0] ? identityOf(rows[0], 'jwt', null) : null;
  }
}
