import { SetMetadata } from '@nestjs/common';
import { Problem } from '../common/problem.js';
import type { Identity, Role } from './identity.js';

/** What a role may be allowed to do. Each route and each GraphQL field names exactly one; an API key may be scoped to some. */
export const ACTIONS = [
  'identity:read',
  'metrics:read',
  'metrics:write',
  'reports:read',
  'reports:create',
  'reports:deliver',
  'data:status',
  'data:write',
  'attribution:read',
  'attribution:use',
  'attribution:configure',
  'journeys:read',
  'organization:manage',
  'users:manage',
  'keys:manage',
  'audit:read',
] as const;
export type Action = (typeof ACTIONS)[number];

/** Who may save and deliver reports, over what existing attribution models give. */
const REPORTER: readonly Action[] = [
  'identity:read',
  'reports:read',
  'reports:create',
  'reports:deliver',
  'attribution:read',
  'attribution:use',
];

/**
 * The FSD's matrix, deny by default. Which *views* a role sees is decided per view (see the reports feature), which rows
 * and members by the policy; this table decides whether the door opens at all. Members' names are readable by
 * everyone who may read a report, since a report shows them.
 */
const MATRIX: Readonly<Record<Role, ReadonlySet<Action>>> = {
  organization_admin: new Set(ACTIONS),
  marketing_manager: new Set<Action>([...REPORTER, 'metrics:read', 'data:status', 'journeys:read']),
  // A customer's journey leads through everyone's campaigns.
  campaign_manager: new Set<Action>(REPORTER),
  analyst: new Set<Action>([...REPORTER, 'journeys:read']),
  viewer: new Set<Action>(['identity:read', 'reports:read', 'attribution:read']),
};

/** What a role may do, before an API key's scopes narrow it. */
export const actionsOf = (role: Role): readonly Action[] => ACTIONS.filter((action) => MATRIX[role].has(action));

/** Whether the role allows it and, for a key with scopes, the scopes too. */
export const can = ({ role, scopes }: Pick<Identity, 'role' | 'scopes'>, action: Action): boolean =>
  MATRIX[role].has(action) && (scopes == null || scopes.includes(action));

/** @param action null for a door that names none and is closed to everyone */
export function forbidden({ role, scopes }: Pick<Identity, 'role' | 'scopes'>, action: Action | null = null): Problem {
  const byScope = action !== null && scopes != null && MATRIX[role].has(action);
  return new Problem(
    403,
    'forbidden',
    byScope ? `The key is narrowed, and “${action}” is not among its scopes.` : `The role ${role} may not do this.`,
  );
}

export const ALLOW = 'tributary:allow';
/** Names the action that a route or resolver field performs. A door without it is closed to everyone. */
export const Allow = (action: Action): MethodDecorator & ClassDecorator => SetMetadata(ALLOW, action);

export const PUBLIC = 'tributary:public';
/** Marks a door that needs no identity (health, documentation). */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(PUBLIC, true);
