/**
 * What one asker may see, as plain frozen data. Every door hands the same policy to the query path, which plans by it,
 * and asks the engine under the same organisation again. Pure: compiled from an identity, it reads nothing.
 */
import type { Filter } from '../compiler/query/types.js';
import type { Identity } from './identity.js';

export interface Policy {
  /** The one organisation whose rows exist for the asker. */
  readonly organizationId: string;
  /** Keys of members that don't exist for the asker. */
  readonly hidden: readonly string[];
  /** Keys of members that the asker may name, and whose values read as null. */
  readonly masked: readonly string[];
  /** Conditions on dimensions that every row has to meet, whatever the request says; all of them. Empty for all rows. */
  readonly rows: readonly Filter[];
  /** Names all of the above but the organisation: answers are shared only under the same digest. */
  readonly digest: string;
}

/** The policy that sees all of an organisation: for the product's own work within it. */
export const wholeOrganization = (organizationId: string): Policy =>
  Object.freeze({ organizationId, hidden: [], masked: [], rows: [], digest: 'organization' });

/** What an identity may see. */
export const policyOf = ({ organizationId }: Identity): Policy => wholeOrganization(organizationId);
