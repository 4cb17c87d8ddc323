import { ownWork } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import type { Plan } from '../plans/plans.service.js';
import { inSystemOfRecord } from './system-of-record.js';

/** Shows an organisation's plan, or gives it another. @throws Error that names what there is instead */
export async function organizationPlan(slug: string, wanted?: string): Promise<void> {
  await inSystemOfRecord(async (database) => {
    const plans = await database.query<Plan[]>('SELECT * FROM plans ORDER BY cardinality(features), name');
    const names = plans.map(({ name }) => name).join(', ');
    if (wanted !== undefined && !plans.some(({ name }) => name === wanted)) {
      throw new Error(`There is no plan ${wanted}; there are ${names}.`);
    }
    await database.transaction(async (manager) => {
      const [organization] = await manager.query<{ id: string; plan: string }[]>(
        'SELECT id, plan FROM organizations WHERE slug = $1 FOR UPDATE',
        [slug],
      );
      if (!organization) throw new Error(`There is no organisation ${slug}.`);
      const { id, plan: before } = organization;
      const plan = plans.find(({ name }) => name === (wanted ?? before));
      if (wanted !== undefined && wanted !== before) {
        await manager.query('UPDATE organizations SET plan = $2 WHERE id = $1', [id, wanted]);
        await new AuditTrail(database).record(manager, {
          organizationId: id,
          actor: ownWork('command_line'),
          action: 'organization.plan',
          entity: ['organization', id],
          before: { plan: before },
          after: { plan: wanted },
        });
      }
      console.log(`${slug}: ${plan?.name ?? before} (${plan?.features.join(', ') ?? ''}). Plans: ${names}.`);
    });
  });
}
