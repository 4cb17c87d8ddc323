/** Who sees which saved report. Pure: the FSD's matrix, per view. */
import { CAMPAIGN_ID, CAMPAIGN_NAME, campaignLimit } from '../access/policy.js';
import type { Identity } from '../access/identity.js';
import { resolveMember } from '../compiler/model/build.js';
import type { Model } from '../compiler/model/types.js';
import { visibilityOf, type MemberRules } from '../compiler/model/visibility.js';
import type { Filter, FilterCondition, ReportRequest } from '../compiler/query/types.js';
import { namesIn } from '../metrics/impact.js';
import type { ReportView } from './report-view.entity.js';
import { requestOf } from './view-request.js';

type Seen = Pick<ReportView, 'created_by_user' | 'visibility' | 'team_id' | 'filters'>;

export const isOwner = ({ userId }: Identity, { created_by_user: owner }: Pick<Seen, 'created_by_user'>): boolean =>
  userId !== null && owner === userId;

/**
 * An administrator sees all; an analyst all but what others keep to themselves; a manager those of the own teams, of the
 * organisation and the public ones; a campaign manager of these only what is not about other campaigns; a viewer the
 * public ones. Everyone but a viewer sees the own ones.
 */
export function mayRead(identity: Identity, view: Seen): boolean {
  switch (identity.role) {
    case 'organization_admin':
      return true;
    case 'analyst':
      return isOwner(identity, view) || view.visibility !== 'private';
    case 'marketing_manager':
      return isOwner(identity, view) || isShared(identity, view);
    case 'campaign_manager': {
      const campaigns = identity.restrictions?.campaigns ?? [];
      return (isOwner(identity, view) || isShared(identity, view)) && concerns(view.filters, campaigns);
    }
    case 'viewer':
      return view.visibility === 'public';
    default:
      return identity.role satisfies never;
  }
}

function isShared({ teams = [] }: Identity, { visibility, team_id: team }: Seen): boolean {
  if (visibility === 'team') return team !== null && teams.includes(team);
  return visibility === 'organization' || visibility === 'public';
}

export const mayWrite = (identity: Identity, view: Seen): boolean =>
  identity.role === 'organization_admin' || isOwner(identity, view);

/** Whether the view names nothing that is hidden from the asker: such a view does not exist for who may not see it. */
export const namesNothingHidden = (view: Parameters<typeof requestOf>[0], model: Model, rules: MemberRules): boolean =>
  asksForNothingHidden(requestOf(view), model, rules);

/** The same of a request. */
export function asksForNothingHidden(request: ReportRequest, model: Model, rules: MemberRules): boolean {
  if (rules.hidden.length === 0) return true;
  const { hidden } = visibilityOf(model, rules);
  return [...namesIn(request)].every((name) => !hidden.has(resolveMember(model, name)?.member.key ?? name));
}

/** Whether no condition of the filters chooses other campaigns only. */
function concerns(filters: Seen['filters'], campaigns: readonly string[]): boolean {
  return required(filters).every(
    ({ member, operator, values = [] }) =>
      operator !== 'equals' ||
      (member !== CAMPAIGN_NAME && member !== CAMPAIGN_ID) ||
      values.some((value) => campaigns.includes(String(value))),
  );
}

/** The conditions that all must hold. */
function required(filters: Seen['filters'] | Filter): FilterCondition[] {
  if (filters === null) return [];
  if (Array.isArray(filters)) return filters.flatMap(required);
  if ('and' in filters) return filters.and.flatMap(required);
  return 'or' in filters ? [] : [filters];
}

/**
 * The filters of a view that the asker saves: of a campaign manager, with the limit to the campaigns in it, so that the
 * view shows no others to whoever opens it. Added once, however often the view is saved.
 */
export function savedFilters(identity: Identity, filters: Seen['filters']): Seen['filters'] {
  if (identity.role !== 'campaign_manager') return filters;
  const limit = campaignLimit(identity.restrictions?.campaigns ?? []);
  const parts = filters === null ? [] : Array.isArray(filters) ? filters : 'and' in filters ? filters.and : [filters];
  const text = JSON.stringify(limit);
  return parts.some((part) => JSON.stringify(part) === text) ? filters : { and: [...parts, limit] };
}
