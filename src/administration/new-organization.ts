import type { EntityManager } from 'typeorm';
import { Membership } from '../access/membership.entity.js';
import { Organization } from '../access/organization.entity.js';
import { newId } from '../common/uuid.js';

export interface NewOrganization {
  readonly slug: string;
  readonly name: string;
  readonly currency: string;
  readonly time_zone: string;
  /** The first administrator; who is known by the address is the same person. */
  readonly admin: { readonly email: string; readonly display_name: string };
}

/** Makes an organisation with its first administrator; only the installation's operator does. */
export async function createOrganization(
  manager: EntityManager,
  { admin, ...settings }: NewOrganization,
): Promise<{ readonly organization: Organization; readonly userId: string }> {
  const id = newId();
  await manager.insert(Organization, { id, week_start: 1, ...settings });
  await manager.query(
    'INSERT INTO users (id, email, display_name) VALUES ($1, $2, $3) ON CONFLICT (lower(email)) DO NOTHING',
    [newId(), admin.email, admin.display_name],
  );
  const [user] = await manager.query<{ id: string }[]>('SELECT id FROM users WHERE lower(email) = lower($1)', [
    admin.email,
  ]);
  const userId = user?.id ?? '';
  await manager.insert(Membership, { organization_id: id, user_id: userId, role: 'organization_admin' });
  return { organization: await manager.findOneByOrFail(Organization, { id }), userId };
}
