/** Clients from Debian's packages, where they are there: psycopg2 with SQLAlchemy's reflection, and the JDBC driver. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestServer } from '../support/server.js';
import { DATABASE, PASSWORD, USER_NAME } from './clients.js';

const PYTHON = '/usr/bin/python3';
const JDBC = '/usr/share/java/postgresql.jar';
const hasPython = spawnSync(PYTHON, ['-c', 'import psycopg2, sqlalchemy']).status === 0;
const hasJdbc = existsSync(JDBC) && spawnSync('java', ['-version']).status === 0;
if (!hasPython) console.warn('SKIPPED: python3-psycopg2 and python3-sqlalchemy are not installed.');
if (!hasJdbc) console.warn('SKIPPED: libpostgresql-jdbc-java and a Java are not installed.');

let server: TestServer;
const folder = mkdtempSync(join(tmpdir(), 'tributary-clients-'));

beforeAll(async () => {
  if (!hasPython && !hasJdbc) return;
  server = await TestServer.start();
  const rows = Array.from({ length: 250 }, (_, index) => ({
    external_id: `r${index}`,
    recorded_at: new Date(Date.UTC(2026, 0, 1 + (index % 28))).toISOString(),
    data_source: index % 2 === 0 ? 'meta_ads' : 'google_ads',
    source_category: 'external_marketing',
    currency: 'USD',
    data_payload: { spend: '1.25', revenue: '5', clicks: index },
  }));
  expect((await server.rows(rows)).status).toBe(201);
}, 180_000);

afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const ran = (command: string, args: readonly string[]): string[] => {
  const { stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: 90_000 });
  expect(stderr).toBe('');
  return stdout.trim().split('\n');
};

(hasPython ? it : it.skip)('SQLAlchemy reflects the model and asks by it; psycopg2 reads by a named cursor', () => {
  const file = join(folder, 'client.py');
  writeFileSync(
    file,
    `
import sqlalchemy as sa
engine = sa.create_engine('postgresql+psycopg2://${USER_NAME}:${PASSWORD}@127.0.0.1:${server.sqlPort}/${DATABASE}')
seen = sa.inspect(engine)
print(sorted(seen.get_table_names()), seen.get_pk_constraint('marketing')['constrained_columns'], seen.get_foreign_keys('marketing'), seen.get_indexes('marketing'))
table = sa.Table('marketing', sa.MetaData(), autoload_with=engine)
print(table.c.recorded_at.type, table.c.spend.type, table.c.clicks.type)
with engine.connect() as connection:
    query = sa.select(table.c.data_source, sa.func.sum(table.c.spend)).group_by(table.c.data_source).order_by(table.c.data_source)
    print([(source, str(spend)) for source, spend in connection.execute(query)])
raw = engine.raw_connection()
cursor = raw.cursor('in_pieces')
cursor.itersize = 40
cursor.execute('SELECT spend FROM marketing WHERE data_source = %s', ('meta_ads',))
print(sum(1 for _ in cursor))
`,
  );
  expect(ran(PYTHON, [file])).toEqual([
    `['assets', 'attribution', 'campaign_performance', 'journeys', 'marketing'] [] [] []`,
    'TIMESTAMP NUMERIC BIGINT',
    `[('google_ads', '156.25'), ('meta_ads', '156.25')]`,
    '125',
  ]);
});

(hasJdbc ? it : it.skip)('the JDBC driver reads metadata, prepares for good, and fetches in pieces', () => {
  const file = join(folder, 'Client.java');
  writeFileSync(
    file,
    `
import java.sql.*;
public class Client {
  public static void main(String[] arguments) throws Exception {
    Connection c = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:${server.sqlPort}/${DATABASE}", "${USER_NAME}", "${PASSWORD}");
    DatabaseMetaData m = c.getMetaData();
    ResultSet r = m.getTables(null, "public", "%", null);
    while (r.next()) System.out.println(r.getString("TABLE_NAME"));
    r = m.getColumns(null, "public", "marketing", "spend");
    while (r.next()) System.out.println(r.getString("COLUMN_NAME") + " " + r.getString("TYPE_NAME"));
    System.out.println(m.getPrimaryKeys(null, "public", "marketing").next() + " " + m.getIndexInfo(null, "public", "marketing", false, true).next() + " " + m.getImportedKeys(null, "public", "marketing").next());
    r = m.getCatalogs();
    while (r.next()) System.out.println(r.getString(1));
    PreparedStatement p = c.prepareStatement("SELECT MEASURE(spend), COUNT(*), MAX(recorded_at) FROM marketing WHERE data_source = ? AND recorded_at >= ?");
    for (int run = 0; run < 10; run++) {
      p.setString(1, "meta_ads");
      p.setTimestamp(2, Timestamp.valueOf("2020-01-01 00:00:00"));
      r = p.executeQuery();
      r.next();
      if (run % 9 == 0) System.out.println(r.getBigDecimal(1) + " " + r.getLong(2));
    }
    c.setAutoCommit(false);
    c.setReadOnly(true);
    Statement s = c.createStatement();
    s.setFetchSize(20);
    r = s.executeQuery("SELECT spend, clicks FROM marketing");
    int rows = 0;
    while (r.next()) rows++;
    System.out.println(rows);
    c.commit();
    c.close();
  }
}
`,
  );
  expect(ran('java', ['-cp', JDBC, file])).toEqual([
    'assets',
    'attribution',
    'campaign_performance',
    'journeys',
    'marketing',
    'spend numeric',
    'false false false',
    DATABASE,
    '156.25 125',
    '156.25 125',
    '250',
  ]);
});
