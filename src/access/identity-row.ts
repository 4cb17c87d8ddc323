/** How whoever asks is read from the system of record: in one statement, with all that narrows them. */
import type { Filter } from '../compiler/query/types.js';
import type { Identity, Restrictions, Role } from './identity.js';
import { STATE_COLUMN, type OrganizationState } from './organization-state.js';
import { ACTIONS, type Action } from './permissions.js';

export interface IdentityRow {
  readonly organization_id: string;
  readonly organization_slug: string;
  readonly user_id: string | null;
  readonly role: Role;
  readonly narrowed: {
    readonly custom_role: string | null;
    readonly actions: readonly Action[] | null;
    readonly hidden: readonly string[];
    readonly masked: readonly string[];
    readonly granted: readonly string[];
    readonly role_rows: readonly Filter[];
    readonly own_rows: readonly Filter[];
    readonly campaigns: readonly string[];
    readonly teams: readonly string[];
  };
  readonly state: OrganizationState;
}

/**
 * Selects {@link IdentityRow}s of the rows `asker`, which have organization_id, user_id, role, custom_role_id, campaigns
 * and rows. @param more further columns of `asker`
 */
export const selectIdentities = (asker: string, more = ''): string => `
  SELECT asker.organization_id, organization.slug AS organization_slug, asker.user_id, asker.role, ${more}
    json_build_object(
      'custom_role', custom.name, 'actions', custom.actions,
      'hidden', coalesce(custom.hidden, '{}'), 'masked', coalesce(custom.masked, '{}'),
      'granted', coalesce(custom.granted, '{}'), 'role_rows', coalesce(custom.rows, '[]'),
      'own_rows', asker.rows, 'campaigns', asker.campaigns,
      'teams', ARRAY(
        SELECT team_id FROM team_members
        WHERE team_members.organization_id = asker.organization_id AND team_members.user_id = asker.user_id
        ORDER BY team_id
      )
    ) AS narrowed,
    ${STATE_COLUMN}
  FROM (${asker}) AS asker JOIN organizations AS organization ON organization.id = asker.organization_id
    LEFT JOIN custom_roles AS custom
      ON custom.id = asker.custom_role_id AND custom.organization_id = asker.organization_id`;

/** @param scopes what the key is narrowed to; null for all that the role may do */
export function identityOf(row: IdentityRow, keyId: string, scopes: readonly Action[] | null): Identity {
  const { narrowed } = row;
  const restrictions: Restrictions = {
    customRole: narrowed.custom_role,
    hidden: narrowed.hidden,
    masked: narrowed.masked,
    granted: narrowed.granted,
    roleRows: narrowed.role_rows,
    ownRows: narrowed.own_rows,
    campaigns: narrowed.campaigns,
  };
  return Object.freeze({
    organizationId: row.organization_id,
    organizationSlug: row.organization_slug,
    userId: row.user_id,
    role: row.role,
    scopes: both(scopes, narrowed.actions),
    restrictions: Object.freeze(restrictions),
    teams: narrowed.teams,
    keyId,
    state: row.state,
  });
}

function both(some: readonly Action[] | null, others: readonly Action[] | null): readonly Action[] | null {
  if (some === null || others === null) return some ?? others;
  return ACTIONS.filter((action) => some.includes(action) && others.includes(action));
}
