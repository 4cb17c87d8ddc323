import { SetMetadata } from '@nestjs/common';
import type { Role } from './identity.js';

/** What a role may be allowed to do. Each route and each GraphQL field names exactly one. */
export type Action =
  | 'identity:read'
  | 'metrics:read'
  | 'metrics:write'
  | 'reports:read'
  | 'reports:create'
  | 'reports:deliver'
  | 'data:status'
  | 'data:write';

/**
 * The FSD's matrix, deny by default. Which *views* a role sees is decided per view (see the reports feature); this
 * table decides whether the door opens at all. Members' names are readable by everyone who may read a report, since a
 * report shows them.
 */
const MATRIX: Readonly<Record<Role, ReadonlySet<Action>>> = {
  organization_admin: new Set<Action>([
    'identity:read',
    'metrics:read',
    'metrics:write',
    'reports:read',
    'reports:create',
    'reports:deliver',
    'data:status',
    'data:write',
  ]),
  marketing_manager: new Set<Action>([
    'identity:read',
    'metrics:read',
    'reports:read',
    'reports:create',
    'reports:deliver',
    'data:status',
  ]),
  campaign_manager: new Set<Action>(['identity:read', 'reports:read', 'reports:create', 'reports:deliver']),
  analyst: new Set<Action>(['identity:read', 'reports:read', 'reports:create', 'reports:deliver']),
  viewer: new Set<Action>(['identity:read', 'reports:read']),
};

export const can = (role: Role, action: Action): boolean => MATRIX[role].has(action);

export const ALLOW = 'tributary:allow';
/** Names the action that a route or resolver field performs. A door without it is closed to everyone. */
export const Allow = (action: Action): MethodDecorator & ClassDecorator => SetMetadata(ALLOW, action);

export const PUBLIC = 'tributary:public';
/** Marks a door that needs no identity (health, documentation). */
export const Public = (): MethodDecorator & ClassDecorator => SetMetadata(PUBLIC, true);
