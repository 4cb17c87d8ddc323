import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../common/problem.js';
import type { Filter } from '../compiler/query/types.js';
import type { OrganizationState } from './organization-state.js';
import type { Action } from './permissions.js';

/** The FSD's roles, from most to least. */
export const ROLES = ['organization_admin', 'marketing_manager', 'campaign_manager', 'analyst', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** What narrows the role of whoever asks: from the membership, or for a machine from its key. */
export interface Restrictions {
  /** Name of the custom role; null for one of the five as it is. */
  readonly customRole: string | null;
  /** Keys of members; see `CustomRole`. */
  readonly hidden: readonly string[];
  readonly masked: readonly string[];
  readonly granted: readonly string[];
  /** Conditions that every row has to meet: of the custom role, and of the person. */
  readonly roleRows: readonly Filter[];
  readonly ownRows: readonly Filter[];
  /** Names or ids that a campaign manager is limited to; of no meaning for other roles. */
  readonly campaigns: readonly string[];
}

/** Who is asking: always within exactly one organisation. */
export interface Identity {
  readonly organizationId: string;
  readonly organizationSlug: string;
  /** Null for a key that belongs to no person. */
  readonly userId: string | null;
  readonly role: Role;
  /** What the key or the custom role is narrowed to; null for all that the role may do. */
  readonly scopes?: readonly Action[] | null;
  /** Absent for the product's own work. */
  readonly restrictions?: Restrictions;
  /** Ids of the person's teams. */
  readonly teams?: readonly string[];
  /** Public id of the API key that was shown; for a token of an identity provider `jwt`. */
  readonly keyId: string;
  /** What the organisation was when the key was looked up, which is after the request came in. */
  readonly state?: OrganizationState;
  /** Through which door; REST where it is not said. */
  readonly door?: Door;
}

/** Ways in: each names itself in the audit trail. */
export type Door = 'rest' | 'graphql' | 'sql' | 'schedule' | 'setup' | 'job' | 'command_line';

export type RequestWithIdentity = FastifyRequest & { identity?: Identity };

/** The request behind a Nest context, for REST and GraphQL alike. */
export function requestOf(context: ExecutionContext): RequestWithIdentity {
  if (context.getType<'http' | 'graphql'>() === 'graphql') {
    const { reply } = GqlExecutionContext.create(context).getContext<{ reply: { request: RequestWithIdentity } }>();
    return reply.request;
  }
  return context.switchToHttp().getRequest<RequestWithIdentity>();
}

/** The {@link Identity} that the guard found. @throws Problem 401 without one */
export function identityIn({ identity }: RequestWithIdentity): Identity {
  if (!identity) throw new Problem(401, 'unauthenticated', 'Send an API key: Authorization: Bearer trb_<id>_<secret>.');
  return identity;
}

/** Parameter decorator: {@link identityIn} the request. */
export const CurrentIdentity = createParamDecorator((_data: unknown, context: ExecutionContext): Identity =>
  identityIn(requestOf(context)),
);
