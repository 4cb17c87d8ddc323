/** What every request reads of the system of record, on one connection: found by key, and planned once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { ApiKeyService } from '../../src/access/api-key.service.js';
import { Organization } from '../../src/access/organization.entity.js';
import { acrossOrganizations } from '../../src/access/tenancy/scope.js';
import { newId } from '../../src/common/uuid.js';
import { scopedDatabaseOptions } from '../../src/database.js';
import type { EmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { OrganizationStates } from '../../src/query/organization-state.js';
import { startPreparedPostgres } from '../support/prepared-data.js';

/** So often Postgres plans a prepared statement for its values before it may keep a plan for all. */
const TRIALS = 5;

describe('reads that every request needs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-reads-'));
  let postgres: EmbeddedPostgres;
  let database: DataSource;
  const ids = [newId(), newId(), newId()];

  beforeAll(async () => {
    postgres = await startPreparedPostgres(join(folder, 'postgres'));
    const options = { ...scopedDatabaseOptions(postgres.url), poolSize: 1 } as DataSourceOptions;
    database = await new DataSource(options).initialize();
    const shop = { currency: 'EUR', time_zone: 'UTC', week_start: 1 };
    await acrossOrganizations('setting up', async () => {
      for (const id of ids) await database.manager.insert(Organization, { id, slug: `shop-${id}`, name: id, ...shop });
    });
  }, 120_000);
  afterAll(async () => {
    await database?.destroy();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  it('find each by its key, and are planned once for any number of keys', async () => {
    const states = new OrganizationStates(database);
    const keys = new ApiKeyService(database, null as never);
    for (let round = 0; round < 4 * TRIALS; round++) {
      const some = ids.slice(0, 1 + (round % ids.length));
      const found = await Promise.all(some.map((id) => states.read(id)));
      expect(found.map(({ data_version }) => data_version)).toEqual(some.map(() => '0'));
      expect(await Promise.all(some.map((id) => keys.verifierOf(`${round}${id}`)))).toEqual(some.map(() => undefined));
    }
    const plans = await acrossOrganizations('looking behind the door', () =>
      database.query<{ name: string; custom: number; generic: number }[]>(
        `SELECT name, custom_plans::int AS custom, generic_plans::int AS generic FROM pg_prepared_statements ORDER BY name`,
      ),
    );
    expect(plans).toEqual(
      ['api_keys_by_public_id', 'organization_states'].map((name) => ({
        ...{ name, custom: TRIALS, generic: 3 * TRIALS },
      })),
    );
  });
});
