import type { EntityManager } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { Team } from '../access/team.entity.js';
import { unprocessable } from '../common/problem.js';
import type { ReportView } from './report-view.entity.js';

type Sharing = Pick<ReportView, 'visibility' | 'team_id'>;

/**
 * The team that shares what is to be saved: one of the asker's own, or the only one that there is; null where no team
 * shares it.
 * @param existing what stands; a team that it has already is not asked about again
 * @throws Problem 422 `team_required`
 */
export async function sharedTeam(
  manager: EntityManager,
  { teams = [], role, organizationId }: Identity,
  { visibility, team_id }: Sharing,
  existing?: Sharing,
): Promise<string | null> {
  if (visibility !== 'team') return null;
  if (existing?.visibility === 'team' && existing.team_id === team_id) return team_id;
  const chosen = team_id ?? (teams.length === 1 ? (teams[0] ?? null) : null);
  const known = chosen !== null && (await manager.existsBy(Team, { id: chosen, organization_id: organizationId }));
  if (known && (role === 'organization_admin' || teams.includes(chosen))) return chosen;
  const message = 'What a team shares names the team, one of your own: its id is in GET /api/me.';
  throw unprocessable('team_required', message, [{ code: 'team_required', message, pointer: '/team_id' }]);
}
