/**
 * What one asker may see, as plain frozen data. Every door hands the same policy to the query path, which plans by it,
 * and asks the engine under the same organisation again. Pure: compiled from an identity, it reads nothing.
 */
import { createHash } from 'node:crypto';
import type { MemberRules } from '../compiler/model/visibility.js';
import type { Filter } from '../compiler/query/types.js';
import { deepFreeze } from '../common/deep-freeze.js';
import { Problem } from '../common/problem.js';
import { isUuid } from '../common/uuid.js';
import { actorOf, type Actor } from '../audit/actor.js';
import type { Identity, Restrictions } from './identity.js';

export interface Policy extends MemberRules {
  /** The one organisation whose rows exist for the asker. */
  readonly organizationId: string;
  /** Conditions on dimensions that every row has to meet, whatever the request says; all of them. Empty for all rows. */
  readonly rows: readonly Filter[];
  /** Who asks, for the audit trail; absent for the product's own work. The same object for all parts of a request. */
  readonly actor?: Actor;
  /** Names all of the above but the organisation: answers are shared only under the same digest. */
  readonly digest: string;
}

const NONE = Object.freeze<never[]>([]) as readonly never[];
const ALL = Object.freeze({ hidden: NONE, masked: NONE, granted: NONE, rows: NONE });

/** The policy that sees all of an organisation: for the product's own work within it. */
export const wholeOrganization = (organizationId: string): Policy =>
  Object.freeze({ organizationId, ...ALL, digest: 'organization' });

/** What an identity may see. */
export function policyOf(identity: Asker): Policy {
  const actor = actorOfAsker(identity);
  const policy = rulesOf(identity);
  return actor === null ? policy : Object.freeze({ ...policy, actor });
}

type Asker = Pick<Identity, 'organizationId' | 'role' | 'restrictions'> &
  Partial<Pick<Identity, 'userId' | 'keyId' | 'door'>>;
const actors = new WeakMap<object, Actor>();

function actorOfAsker(asker: Asker): Actor | null {
  const { userId, keyId, role, door } = asker;
  if (keyId === undefined) return null;
  const actor =
    actors.get(asker) ?? Object.freeze(actorOf({ userId: userId ?? null, keyId, role, ...(door ? { door } : {}) }));
  actors.set(asker, actor);
  return actor;
}

function rulesOf({ organizationId, role, restrictions }: Asker): Policy {
  const rows = role === 'campaign_manager' ? [campaignLimit(restrictions?.campaigns ?? [])] : [];
  if (!restrictions && rows.length === 0) return wholeOrganization(organizationId);
  const {
    hidden = [],
    masked = [],
    granted = [],
    roleRows = [],
    ownRows = [],
  } = restrictions ?? ({} as Partial<Restrictions>);
  const rules = {
    hidden: [...hidden].sort(),
    masked: [...masked].sort(),
    granted: [...granted].sort(),
    rows: [...rows, ...roleRows, ...ownRows],
  };
  if (Object.values(rules).every((list) => list.length === 0)) return wholeOrganization(organizationId);
  const digest = createHash('sha256').update(JSON.stringify(rules)).digest('hex');
  return deepFreeze({ organizationId, ...rules, digest });
}

/** Whether the policy leaves nothing of the organisation out. */
export const seesAll = ({ hidden, masked, rows }: Policy): boolean => hidden.length + masked.length + rows.length === 0;

/**
 * The organisation of someone who sees all its members: for what shows the model as a whole, such as its history.
 * @throws Problem 403 `policy_not_supported_here` where some are hidden
 */
export function organizationWithAllMembers(identity: Identity): string {
  if (policyOf(identity).hidden.length === 0) return identity.organizationId;
  throw new Problem(
    403,
    'policy_not_supported_here',
    'This shows the model as a whole, and some of it is hidden from your role. GET /api/marketing/model shows the rest.',
  );
}

/** Dimensions by which a campaign manager's rows are known. */
export const CAMPAIGN_NAME = 'campaign_name';
export const CAMPAIGN_ID = 'campaign_id';

/** Rows of these campaigns, by name or id; no rows at all where there are none. */
export function campaignLimit(campaigns: readonly string[]): Filter {
  const names = [...new Set(campaigns)].sort();
  if (names.length === 0) return NO_ROWS;
  const named: Filter = { member: CAMPAIGN_NAME, operator: 'equals', values: names };
  const ids = names.filter(isUuid);
  return ids.length === 0 ? named : { or: [named, { member: CAMPAIGN_ID, operator: 'equals', values: ids }] };
}

const NO_ROWS: Filter = {
  and: [
    { member: CAMPAIGN_ID, operator: 'set' },
    { member: CAMPAIGN_ID, operator: 'notSet' },
  ],
};
