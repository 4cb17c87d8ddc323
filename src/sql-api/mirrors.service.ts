import { createHash, createHmac } from 'node:crypto';
import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import pg from 'pg';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { Organization } from '../access/organization.entity.js';
import { policyOf, type Policy } from '../access/policy.js';
import { acrossOrganizations, inOrganization } from '../access/tenancy/scope.js';
import { CoalescedRead } from '../cache/coalesced-read.js';
import { KEYS, readKeyed } from '../common/keyed-read.js';
import { LastingPool } from '../common/lasting-pool.js';
import type { Model } from '../compiler/model/types.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { ModelService } from '../metrics/model.service.js';
import { FACTS_SQL, MIRROR_VERSION, mirrorSql, quoted, literal, READER } from '../sql/catalog/mirror-sql.js';
import type { CatalogFacts } from '../sql/check.js';
import { areasOf } from '../sql/areas.js';
import { relationOf, type Relation } from '../sql/relation.js';
import { ReportRelations } from './report-relations.service.js';
import type { UpstreamTarget } from './upstream.js';

/** An asker's view of the model, as a database. */
export interface Mirror {
  readonly name: string;
  /** Changes also with what reports are about, which is no part of a name. */
  readonly version: string;
  readonly target: UpstreamTarget;
  /** Hash of the snapshot that the model is of. */
  readonly snapshot: string;
  readonly model: Model;
  readonly relations: readonly Relation[];
  readonly facts: CatalogFacts;
  readonly policy: Policy;
  readonly organization: { readonly slug: string; readonly timeZone: string };
}

const digestOf = (content: unknown): string =>
  createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 14);

/** Each mirror has its organisation in its name, and else a hash of all that it holds: it never changes. */
const PREFIX = 'trb_sql_';

const ABOUT = {
  name: 'sql_api_about',
  text: `SELECT id, json_build_array(slug, name, time_zone, (
      SELECT md5(string_agg(marketing_report_views.id || ' ' || marketing_report_views.updated_at, ' ' ORDER BY marketing_report_views.id))
      FROM marketing_report_views WHERE marketing_report_views.organization_id = organizations.id
    ))::text AS about FROM organizations WHERE id IN (${KEYS}::uuid)`,
};

/**
 * Keeps, for each organisation and each set of members that someone may see, an empty database with the model's relations.
 * Postgres answers catalogue queries in it, and finishes statements over rows that were read for it.
 */
@Injectable()
export class Mirrors implements OnModuleDestroy {
  private readonly logger = new Logger('SqlApi');
  private readonly known = new Map<string, Promise<CatalogFacts>>();
  private readonly workedOut = new LRUCache<string, Mirror>({ max: 1_000 });
  /** What relations and their names depend on beside the asker and the model. */
  private readonly about = new CoalescedRead<string>(async (ids) => {
    const rows = await acrossOrganizations('statements of several organisations share a read', () =>
      readKeyed<{ id: string; about: string }>(this.database, ABOUT, ids),
    );
    return new Map(rows.map(({ id, about }) => [id, about]));
  });
  private readonly admin: pg.Pool;
  private readonly url: URL;
  private readonly password: string;
  private readonly reader: string;
  private ready: Promise<void> | null = null;

  constructor(
    @Inject(APP_CONFIG) config: AppConfig,
    @InjectDataSource() private readonly database: DataSource,
    private readonly models: ModelService,
    private readonly reports: ReportRelations,
  ) {
    const { databaseUrl } = config;
    this.url = new URL(databaseUrl ?? 'postgres://127.0.0.1');
    // Roles belong to the whole server, which may hold several installations, each in a database of its own.
    this.reader = `${READER}_${digestOf(this.url.pathname).slice(0, 8)}`;
    // The same for every process of this installation, and known to whoever knows the database's password.
    this.password = createHmac('sha256', databaseUrl ?? '')
      .update('tributary sql reader')
      .digest('base64url');
    this.admin = new LastingPool({
      connectionString: databaseUrl ?? '',
      max: 2,
      application_name: 'tributary-sql-admin',
    });
  }

  async onModuleDestroy(): Promise<void> {
    await this.admin.end();
  }

  /** What the identity may see, as a database that is there; worked out anew when anything has changed that it depends on. */
  async of(identity: Identity): Promise<Mirror> {
    const { state, ...asker } = identity;
    if (!state) return this.workOut(identity);
    const about = (await this.about.read(identity.organizationId)) ?? '';
    const key = JSON.stringify([asker, state.snapshot_hash, state.library_hash, about]);
    const known = this.workedOut.get(key);
    if (known) return known;
    const mirror = await this.workOut(identity);
    // A new standard library publishes a new snapshot, which the next request will find.
    if (mirror.snapshot === state.snapshot_hash) this.workedOut.set(key, mirror);
    return mirror;
  }

  private async workOut(identity: Identity): Promise<Mirror> {
    const { organizationId } = identity;
    return inOrganization(organizationId, async () => {
      const policy = policyOf(identity);
      const { snapshot } = await this.models.live(organizationId);
      const organization = await this.database.manager.findOneByOrFail(Organization, { id: organizationId });
      const wide = relationOf(snapshot.model, policy);
      const reports = await this.reports.of(identity, policy, snapshot, wide);
      const relations = [wide, ...areasOf(snapshot.model, wide), ...reports];
      const shown = relations.map(({ content: _, ...relation }) => relation);
      const content = {
        reader: this.reader,
        database: organization.slug,
        organization: organization.name,
        relations: shown,
      };
      const digest = digestOf([MIRROR_VERSION, content]);
      const name = `${PREFIX}${organizationId.replaceAll('-', '')}_${digest}`;
      const facts = await this.made(name, () => mirrorSql(content));
      return {
        name,
        version: digestOf([snapshot.hash, policy.digest, digest, reports.map((each) => each.content)]),
        target: this.target(name),
        snapshot: snapshot.hash,
        model: snapshot.model,
        relations,
        facts,
        policy,
        organization: { slug: organization.slug, timeZone: organization.time_zone },
      };
    });
  }

  private target(database: string): UpstreamTarget {
    const { hostname, port, searchParams } = this.url;
    const mode = searchParams.get('sslmode') ?? (searchParams.get('ssl') === 'true' ? 'require' : 'disable');
    const tls = mode === 'verify-full' || mode === 'verify-ca' ? 'verified' : mode === 'require' ? 'on' : 'off';
    const host = decodeURIComponent(hostname).replace(/^\[|\]$/g, '');
    return { host, port: Number(port || 5432), user: this.reader, password: this.password, database, tls };
  }

  private made(name: string, sql: () => string): Promise<CatalogFacts> {
    const known = this.known.get(name);
    if (known) return known;
    const made = this.make(name, sql);
    this.known.set(name, made);
    made.catch(() => this.known.delete(name));
    return made;
  }

  private async make(name: string, sql: () => string): Promise<CatalogFacts> {
    this.ready ??= this.makeReader().catch((error: unknown) => {
      this.ready = null;
      throw error;
    });
    await this.ready;
    const { rowCount } = await this.admin.query('SELECT FROM pg_database WHERE datname = $1 AND datallowconn', [name]);
    if (rowCount === 0) await this.build(name, sql());
    return this.within(name, async (client) => {
      const { rows } = await client.query<{ kind: string; name: string }>(FACTS_SQL);
      const of = (kind: string): Set<string> => new Set(rows.filter((row) => row.kind === kind).map((row) => row.name));
      return { informationSchema: of('view'), aggregates: of('aggregate'), immutable: of('function') };
    });
  }

  /** Under another name first: a mirror that has its name is whole. */
  private async build(name: string, sql: string): Promise<void> {
    const draft = `${name}_${process.pid}`;
    await this.admin.query(`DROP DATABASE IF EXISTS ${quoted(draft)}`);
    const { rows } = await this.admin
      .query<{ version: string }>('SHOW server_version_num AS version')
      .catch(() => this.admin.query<{ version: string }>(`SELECT current_setting('server_version_num') AS version`));
    const locale =
      Number(rows[0]?.version) >= 170000
        ? `LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'`
        : `LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'`;
    await this.admin.query(`CREATE DATABASE ${quoted(draft)} TEMPLATE template0 ENCODING 'UTF8' ${locale}`);
    try {
      await this.within(draft, async (client) => {
        await client.query(`BEGIN; ${sql} COMMIT;`);
      });
      await this.admin.query(
        `REVOKE ALL ON DATABASE ${quoted(draft)} FROM PUBLIC; GRANT CONNECT, TEMPORARY ON DATABASE ${quoted(draft)} TO ${quoted(this.reader)}`,
      );
      await this.admin.query(`ALTER DATABASE ${quoted(draft)} RENAME TO ${quoted(name)}`);
    } catch (error) {
      await this.admin.query(`DROP DATABASE IF EXISTS ${quoted(draft)}`).catch(() => undefined);
      // Another process may have been faster.
      if ((error as { code?: string }).code !== '42P04') throw error;
    }
    await this.dropOld(name);
  }

  /** Databases of the same organisation that nobody is connected to any more; those that others see, they make again. */
  private async dropOld(name: string): Promise<void> {
    const family = name.slice(0, PREFIX.length + 32);
    const { rows } = await this.admin.query<{ datname: string }>(
      `SELECT datname FROM pg_database AS d WHERE starts_with(datname, $1) AND datname <> $2
         AND NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.datname = d.datname)
         AND (SELECT count(*) FROM pg_database WHERE starts_with(datname, $1)) > 8
       ORDER BY oid LIMIT 4`,
      [family, name],
    );
    for (const { datname } of rows) {
      this.known.delete(datname);
      await this.admin
        .query(`DROP DATABASE IF EXISTS ${quoted(datname)}`)
        .catch((error: Error) => this.logger.debug(`${datname} stays: ${error.message}`));
    }
  }

  private async within<T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const url = new URL(this.url);
    url.pathname = `/${database}`;
    const client = new pg.Client({ connectionString: url.href, application_name: 'tributary-sql-admin' });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** Roles belong to the whole server, and other processes may make this one at the same moment. */
  private async makeReader(): Promise<void> {
    const set = `ROLE ${quoted(this.reader)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT PASSWORD ${literal(this.password)}`;
    for (let attempt = 0; ; attempt++) {
      try {
        const { rowCount } = await this.admin.query('SELECT FROM pg_roles WHERE rolname = $1', [this.reader]);
        await this.admin.query(`${rowCount === 0 ? 'CREATE' : 'ALTER'} ${set}`);
        return;
      } catch (error) {
        const { code } = error as { code?: string };
        if (code === '42501')
          throw new Error(
            'The SQL API needs a database user with CREATEDB and CREATEROLE (it keeps an empty database per organisation).',
            { cause: error },
          );
        if (attempt >= 5) throw error;
      }
    }
  }
}
