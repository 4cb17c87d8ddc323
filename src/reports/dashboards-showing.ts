import type { EntityManager } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { conflict } from '../common/problem.js';
import { Dashboard } from '../dashboards/dashboard.entity.js';
import { mayRead } from './view-access.js';

/** Refuses to delete a view that dashboards show. @throws Problem 409 `view_in_use` that names those that the asker sees */
export async function refuseIfShown(manager: EntityManager, identity: Identity, viewId: string): Promise<void> {
  const showing = await manager
    .createQueryBuilder(Dashboard, 'dashboard')
    .where('dashboard.organization_id = :organization', { organization: identity.organizationId })
    .andWhere('dashboard.widgets @> :shows::jsonb', { shows: JSON.stringify([{ view_id: viewId }]) })
    .orderBy('dashboard.created_at')
    .getMany();
  if (showing.length === 0) return;
  const seen = showing.filter((dashboard) => mayRead(identity, dashboard));
  const names = seen.map(({ dashboard_name }) => `“${dashboard_name}”`);
  const others = showing.length - seen.length;
  if (others > 0) names.push(others === 1 ? 'one that you don’t see' : `${others} that you don’t see`);
  throw conflict(
    'view_in_use',
    `Dashboards show this report: ${names.join(', ')}. Take it out of them first, or delete it with ?force=true; its widgets then say that it is gone.`,
    seen.map(({ id, dashboard_name }) => ({
      code: 'view_in_use',
      message: `“${dashboard_name}” (${id}) shows it.`,
      pointer: '',
    })),
  );
}
