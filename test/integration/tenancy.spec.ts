import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { Membership } from '../../src/access/membership.entity.js';
import { Organization } from '../../src/access/organization.entity.js';
import { acrossOrganizations, inNewRequest, inOrganization } from '../../src/access/tenancy/scope.js';
import { ScopedPool } from '../../src/access/tenancy/scoped-pool.js';
import { User } from '../../src/access/user.entity.js';
import { newId } from '../../src/common/uuid.js';
import { databaseOptions, migrateDatabase, scopedDatabaseOptions } from '../../src/database.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/engine/embedded-postgres.js';

/** Tables that are nobody's own: what the role of a tenant may do there, and why that is no leak. */
const NOBODYS: Readonly<Record<string, { readonly may: readonly string[]; readonly why: string }>> = {
  installation_fx_rates: { may: ['SELECT'], why: 'exchange rates that the operator gives to all organisations' },
  installation_keys: { may: [], why: 'keys of the installation' },
  plans: { may: ['SELECT'], why: 'what the installation offers' },
  schema_migrations: { may: [], why: 'names of migrations' },
};

/** How the other organisation's row is found in a closed table that has no column for the organisation. */
const FOREIGN: Readonly<Record<string, string>> = {
  users: `email = 'ann@theirs.example'`,
  model_snapshots: `model ->> 'of' = 'theirs'`,
};

describe('row-level security of the system of record', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-tenancy-'));
  let postgres: EmbeddedPostgres;
  let owner: DataSource;
  let server: DataSource;
  const [ours, theirs] = [newId(), newId()];

  const makeOrganization = async (id: string, slug: string): Promise<void> => {
    const { manager } = owner;
    await manager.insert(Organization, { id, slug, name: slug, currency: 'EUR', time_zone: 'UTC', week_start: 1 });
    const user = newId();
    await manager.insert(User, { id: user, email: `ann@${slug}.example`, display_name: slug });
    await manager.insert(Membership, { organization_id: id, user_id: user, role: 'analyst' });
    await manager.query(
      `INSERT INTO data_sources (organization_id, data_source, source_category, latest_recorded_at, last_import_rows, last_import_at)
       VALUES ($1, 'meta_ads', 'external_marketing', now(), 1, now())`,
      [id],
    );
    const hash = createHash('sha256').update(slug).digest('hex');
    await manager.query('INSERT INTO model_snapshots (hash, model) VALUES ($1, $2)', [hash, { of: slug }]);
    await manager.query(
      'INSERT INTO model_publications (organization_id, snapshot_hash, library_hash) VALUES ($1, $2, $2)',
      [id, hash],
    );
  };

  beforeAll(async () => {
    postgres = await startEmbeddedPostgres({ dataDir: directory });
    await migrateDatabase(postgres.url);
    owner = await new DataSource(databaseOptions(postgres.url)).initialize();
    server = await new DataSource(scopedDatabaseOptions(postgres.url)).initialize();
    await makeOrganization(ours, 'ours');
    await makeOrganization(theirs, 'theirs');
  }, 120_000);
  afterAll(async () => {
    await server?.destroy();
    await owner?.destroy();
    await postgres?.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  it('goes on when a connection is lost in the hands of who was given it', async () => {
    const pool = new ScopedPool({ connectionString: postgres.url, max: 1 });
    const [first] = (await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
    const client = await pool.connect();
    const lost = new Promise<void>((resolve) => client.once('end', resolve));
    await owner.query('SELECT pg_terminate_backend($1)', [first?.pid]);
    await lost;
    client.release();
    const [next] = (await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
    expect(next?.pid).not.toBe(first?.pid);
    await pool.end();
  }, 20_000);

  it('goes on when a connection is lost that nobody has', async () => {
    const pool = new ScopedPool({ connectionString: postgres.url, max: 1 });
    const gone = new Promise<void>((resolve) => pool.once('remove', () => resolve()));
    const [first] = (await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
    await owner.query('SELECT pg_terminate_backend($1)', [first?.pid]);
    await gone;
    expect((await pool.query('SELECT 1')).rowCount).toBe(1);
    await pool.end();
  }, 20_000);

  const tables = async (): Promise<{ name: string; closed: boolean; of_organization: boolean }[]> =>
    owner.query(`
      SELECT relname AS name, relrowsecurity AS closed, EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'organization_id' AND NOT attisdropped
      ) AS of_organization
      FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') ORDER BY relname`);

  it('closes every table that has an organisation, and names each that has none', async () => {
    const all = await tables();
    expect(all.length).toBeGreaterThan(15);
    const open = all.filter(({ closed }) => !closed);
    expect(open.filter((table) => table.of_organization)).toEqual([]);
    const granted = await owner.query<{ name: string; may: string[] }[]>(
      `SELECT name, ARRAY(
         SELECT privilege_type::text FROM information_schema.role_table_grants
         WHERE table_name = name AND grantee = 'tributary_tenant' ORDER BY 1
       ) AS may FROM unnest($1::text[]) AS name`,
      [open.map(({ name }) => name)],
    );
    const expected = Object.entries(NOBODYS).map(([name, { may }]) => ({ name, may }));
    expect(granted.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(expected);
  });

  it('works as roles that own nothing and can’t pass by it', async () => {
    const whoAmI = `
      SELECT rolname AS role, rolbypassrls AS bypasses, rolsuper AS super,
        (SELECT count(*)::int FROM pg_class WHERE relowner = pg_roles.oid) AS owns
      FROM pg_roles WHERE rolname = current_user`;
    const own = { bypasses: false, super: false, owns: 0 };
    expect(await inOrganization(ours, () => server.query(whoAmI))).toEqual([{ role: 'tributary_tenant', ...own }]);
    expect(await acrossOrganizations('test', () => server.query(whoAmI))).toEqual([
      { role: 'tributary_installation', ...own },
    ]);
  });

  it('shows an organisation its own rows only, in every table and whatever the statement says', async () => {
    for (const { name, of_organization } of (await tables()).filter(({ closed }) => closed)) {
      const foreign = FOREIGN[name] ?? `${of_organization ? 'organization_id' : 'id'} = '${theirs}'`;
      const count = `SELECT count(*)::int AS n FROM "${name}"`;
      const [all] = await owner.query<{ n: number }[]>(count);
      const [across] = await acrossOrganizations('test', () => server.query<{ n: number }[]>(count));
      expect({ name, n: across?.n }).toEqual({ name, n: all?.n });
      const [seen] = await inOrganization(ours, () => server.query<{ n: number }[]>(`${count} WHERE ${foreign}`));
      expect({ name, foreign: seen?.n }).toEqual({ name, foreign: 0 });
    }
    for (const organization of [ours, theirs]) {
      const slugs = await inOrganization(organization, () => server.manager.find(Organization));
      expect(slugs.map(({ id }) => id)).toEqual([organization]);
      expect(await inOrganization(organization, () => server.manager.count(User))).toBe(1);
    }
  });

  it('shows a model only to who has published it, and lets it be added before', async () => {
    const { manager } = server;
    const of = (organization: string): Promise<unknown> =>
      inOrganization(organization, () => manager.query(`SELECT model ->> 'of' AS of FROM model_snapshots`));
    expect([await of(ours), await of(theirs)]).toEqual([[{ of: 'ours' }], [{ of: 'theirs' }]]);
    const hash = createHash('sha256').update('theirs').digest('hex');
    const add = `INSERT INTO model_snapshots (hash, model) VALUES ($1, '{}') ON CONFLICT DO NOTHING`;
    await inOrganization(ours, () => manager.query(add, [hash]));
    expect(await of(ours)).toEqual([{ of: 'ours' }]);
    const change = (): Promise<unknown> => manager.query(`UPDATE model_snapshots SET model = '{}'`);
    await expect(inOrganization(ours, change)).rejects.toMatchObject({ code: '42501' });
  });

  it('lets nobody write into another organisation', async () => {
    const { manager } = server;
    const touched = await inOrganization(ours, async () => [
      await manager.update(Organization, { id: theirs }, { name: 'taken over' }),
      await manager.delete(Membership, { organization_id: theirs }),
    ]);
    expect(touched.map(({ affected }) => affected)).toEqual([0, 0]);
    const insert = (): Promise<unknown> =>
      manager.query(
        `INSERT INTO data_sources (organization_id, data_source, source_category, latest_recorded_at, last_import_rows, last_import_at)
         VALUES ($1, 'planted', 'external_marketing', now(), 1, now())`,
        [theirs],
      );
    await expect(inOrganization(ours, insert)).rejects.toMatchObject({ code: '42501' });
    const move = (): Promise<unknown> => manager.query(`UPDATE data_sources SET organization_id = $1`, [theirs]);
    await expect(inOrganization(ours, move)).rejects.toMatchObject({ code: '42501' });
    await inOrganization(theirs, insert);
  });

  it('is an error without an organisation, not an empty answer', async () => {
    const read = (): Promise<unknown> => server.manager.find(Membership);
    await expect(read()).rejects.toThrow('This query runs for no organisation');
    await expect(inNewRequest(read)).rejects.toThrow('This query runs for no organisation');
    expect(() => inOrganization(`x'; RESET ROLE; --`, () => server.query('SELECT 1'))).toThrow('needs the id');
  });

  it('keeps scopes apart on a shared pool: interleaved work, transactions, failures', async () => {
    const see = async (organization: string): Promise<string[]> => {
      const rows = await inOrganization(organization, () =>
        server.transaction(async (manager) => {
          await manager.query('SELECT pg_sleep(0.001)');
          return manager.find(Membership);
        }),
      );
      return rows.map(({ organization_id }) => organization_id);
    };
    const fail = (): Promise<unknown> =>
      inOrganization(ours, () => server.transaction((manager) => manager.query('SELECT 1 / 0'))).catch(() => []);
    const wanted = Array.from({ length: 600 }, (_, index) => (index % 3 === 0 ? ours : theirs));
    const seen = await Promise.all(
      wanted.map((id, index) => (index % 50 === 7 ? fail().then(() => see(id)) : see(id))),
    );
    expect(seen).toEqual(wanted.map((id) => [id]));
  });
});
