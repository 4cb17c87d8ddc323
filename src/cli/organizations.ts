import type { DataSource } from 'typeorm';
import { ApiKeyService } from '../access/api-key.service.js';
import { KeyUsage } from '../access/key-usage.service.js';
import { Organization } from '../access/organization.entity.js';
import { createOrganization } from '../administration/new-organization.js';
import { ownWork } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { isCurrency } from '../common/currency.js';
import { inSystemOfRecord } from './system-of-record.js';

export interface CreateOptions {
  readonly name?: string;
  readonly admin: string;
  readonly currency: string;
  readonly timeZone: string;
}
export interface KeyOptions {
  readonly admin?: string;
}

const SLUG = /^[a-z][a-z0-9-]{0,62}$/;

/** Makes an organisation and its administrator’s first key, which is printed this once. */
export async function createOrg(slug: string, options: CreateOptions): Promise<void> {
  const { name = slug, admin, currency, timeZone } = options;
  if (!SLUG.test(slug))
    throw new Error('A slug starts with a letter a–z and has letters, digits and dashes, at most 63.');
  if (!/^[^@\s]+@[^@\s]+$/.test(admin)) throw new Error('--admin is the e-mail address of the first administrator.');
  if (!isCurrency(currency)) throw new Error('--currency is an ISO 4217 code such as EUR.');
  if (!Intl.supportedValuesOf('timeZone').includes(timeZone) && timeZone !== 'UTC')
    throw new Error('--time-zone is an IANA zone such as Europe/Berlin.');
  await inSystemOfRecord(async (database) => {
    const key = await database.transaction(async (manager) => {
      if (await manager.existsBy(Organization, { slug })) throw new Error(`There is an organisation ${slug} already.`);
      const { organization, userId } = await createOrganization(manager, {
        ...{ slug, name, currency, time_zone: timeZone },
        admin: { email: admin, display_name: admin },
      });
      const made = await makeKey(database, organization.id, userId, manager);
      await new AuditTrail(database).record(manager, {
        ...{ organizationId: organization.id, actor: ownWork('command_line'), action: 'organization.create' },
        ...{ entity: ['organization', organization.id], after: { slug, name, currency, time_zone: timeZone, admin } },
      });
      return made;
    });
    console.log(`Made the organisation ${slug}. The key of ${admin}, shown this once:\n${key}`);
  });
}

/** Prints the organisations, one a line. */
export async function listOrgs(): Promise<void> {
  await inSystemOfRecord(async (database) => {
    const all = await database.manager.find(Organization, { order: { slug: 'ASC' } });
    for (const { slug, name, currency, time_zone } of all) console.log([slug, name, currency, time_zone].join('\t'));
  });
}

/** Makes another key of an administrator, for when the last one is lost. */
export async function orgKey(slug: string, { admin }: KeyOptions): Promise<void> {
  await inSystemOfRecord(async (database) => {
    const admins = await database.query<{ organization_id: string; user_id: string; email: string }[]>(
      `SELECT m.organization_id, u.id AS user_id, u.email
       FROM organizations o JOIN memberships m ON m.organization_id = o.id JOIN users u ON u.id = m.user_id
       WHERE o.slug = $1 AND m.role = 'organization_admin' AND ($2::text IS NULL OR lower(u.email) = lower($2))
       ORDER BY m.created_at, u.id`,
      [slug, admin ?? null],
    );
    const [first] = admins;
    if (!first) throw new Error(`There is no such administrator in an organisation ${slug}.`);
    const { organization_id, user_id, email } = first;
    const key = await database.transaction(async (manager) => {
      const made = await makeKey(database, organization_id, user_id, manager);
      await new AuditTrail(database).record(manager, {
        ...{ organizationId: organization_id, actor: ownWork('command_line'), action: 'key.create' },
        ...{ entity: ['user', user_id], after: { name: KEY_NAME } },
      });
      return made;
    });
    console.log(`A key of ${email}, shown this once:\n${key}`);
  });
}

const KEY_NAME = 'Made on the command line';
const makeKey = (
  database: DataSource,
  organizationId: string,
  userId: string,
  manager: DataSource['manager'],
): Promise<string> =>
  new ApiKeyService(database, new KeyUsage(database)).create(
    { organizationId, userId, name: KEY_NAME, role: 'organization_admin' },
    manager,
  );
