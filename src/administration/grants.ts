/**
 * Nobody gives away more than they have: not by a role, a key, a membership or a team, at any door. What is given is
 * compared as a whole, after the change, with what the giver may do and see.
 */
import type { CustomRole } from '../access/custom-role.entity.js';
import type { Identity, Restrictions, Role } from '../access/identity.js';
import { actionsOf, can, type Action } from '../access/permissions.js';
import { policyOf } from '../access/policy.js';
import { Problem } from '../common/problem.js';
import { canonicalJson } from '../compiler/model/snapshot.js';
import type { Filter } from '../compiler/query/types.js';

/** What someone or something may do and see once it is given. */
export interface Grant {
  readonly role: Role;
  /** What the role is narrowed to, by a key's scopes or a custom role; each null for all that the role may do. */
  readonly narrowedTo: readonly (readonly Action[] | null)[];
  readonly custom: Pick<CustomRole, 'name' | 'hidden' | 'masked' | 'granted' | 'rows'> | null;
  readonly rows: readonly Filter[];
  readonly campaigns: readonly string[];
}

/** @throws Problem 403 `more_than_own`, which says what the giver lacks */
export function refuseMoreThanOwn(giver: Identity, grant: Grant): void {
  const lacking = grantedActions(grant).filter((action) => !can(giver, action));
  if (lacking.length > 0) throw moreThanOwn(`This would allow ${lacking.join(', ')}, which you may not do yourself.`);
  const own = policyOf(giver);
  const given = policyOf({ ...giver, role: grant.role, restrictions: restrictionsOf(grant) });
  const texts = new Set(given.rows.map((row) => canonicalJson(row)));
  if (!own.rows.every((row) => texts.has(canonicalJson(row))))
    throw moreThanOwn(
      'This would show rows that you do not see yourself. Give the same conditions on rows as you have.',
    );
  const untold = [...given.hidden, ...given.masked];
  const shown = [
    ...own.hidden.filter((key) => !given.hidden.includes(key)),
    ...own.masked.filter((key) => !untold.includes(key)),
  ];
  if (
    shown.length > 0 ||
    (own.hidden.length + own.masked.length > 0 && given.granted.some((key) => !own.granted.includes(key)))
  )
    throw moreThanOwn('This would show metrics or dimensions that you do not see yourself.');
}

/** For what a giver needs to be allowed beside the door itself. @throws Problem 403 `more_than_own` */
export function refuseWithout(giver: Identity, action: Action, why: string): void {
  if (!can(giver, action)) throw moreThanOwn(`${why} You need ${action} for it yourself.`);
}

const grantedActions = ({ role, narrowedTo }: Grant): readonly Action[] =>
  actionsOf(role).filter((action) => narrowedTo.every((list) => list === null || list.includes(action)));

const restrictionsOf = ({ custom, rows, campaigns }: Grant): Restrictions => ({
  customRole: custom?.name ?? null,
  hidden: custom?.hidden ?? [],
  masked: custom?.masked ?? [],
  granted: custom?.granted ?? [],
  roleRows: custom?.rows ?? [],
  ownRows: rows,
  campaigns,
});

const moreThanOwn = (why: string): Problem =>
  new Problem(403, 'more_than_own', `${why} Nobody gives away more than they have.`);
