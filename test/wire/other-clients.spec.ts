/**
 * Clients from Debian's packages, where they are there: psycopg2 with SQLAlchemy's reflection, psycopg 3, asyncpg,
 * psqlODBC, psql's completion by Tab, the JDBC driver, and those of Perl, PHP and Ruby.
 */
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
const can = (modules: string): boolean => spawnSync(PYTHON, ['-c', `import ${modules}`]).status === 0;
const hasAsync = can('psycopg, asyncpg');
const hasOdbc = can('pyodbc') && spawnSync('odbcinst', ['-q', '-d', '-n', 'PostgreSQL Unicode']).status === 0;
const hasTerminal = can('pexpect') && spawnSync('psql', ['--version']).status === 0;
const runs = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0;
const hasPerl = runs('perl', '-MDBD::Pg', '-e', '1');
const hasPhp = runs('php', '-r', "exit(extension_loaded('pdo_pgsql') ? 0 : 1);");
const hasRuby = runs('ruby', '-rpg', '-e', '1');
if (!hasPerl) console.warn('SKIPPED: libdbd-pg-perl is not installed.');
if (!hasPhp) console.warn('SKIPPED: php-cli and php-pgsql are not installed.');
if (!hasRuby) console.warn('SKIPPED: ruby-pg is not installed.');
if (!hasAsync) console.warn('SKIPPED: python3-psycopg and python3-asyncpg are not installed.');
if (!hasOdbc) console.warn('SKIPPED: python3-pyodbc and odbc-postgresql are not installed.');
if (!hasTerminal) console.warn('SKIPPED: python3-pexpect and psql are not installed.');
if (!hasPython) console.warn('SKIPPED: python3-psycopg2 and python3-sqlalchemy are not installed.');
if (!hasJdbc) console.warn('SKIPPED: libpostgresql-jdbc-java and a Java are not installed.');

let server: TestServer;
const folder = mkdtempSync(join(tmpdir(), 'tributary-clients-'));

beforeAll(async () => {
  if (![hasPython, hasJdbc, hasAsync, hasOdbc, hasTerminal, hasPerl, hasPhp, hasRuby].includes(true)) return;
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

const python = (name: string, text: string): string[] => {
  const file = join(folder, `${name}.py`);
  writeFileSync(file, text);
  return ran(PYTHON, [file]);
};

(hasAsync ? it : it.skip)('psycopg 3 goes binary, pipelines, copies and declares; asyncpg resets its pool', () => {
  const to = `host='127.0.0.1', port=${server.sqlPort}, user='${USER_NAME}', password='${PASSWORD}'`;
  expect(
    python(
      'async_clients',
      `
import asyncio, asyncpg, datetime, psycopg
with psycopg.connect(${to}, dbname='${DATABASE}') as c:
    for _ in range(7):
        row = c.execute('SELECT MEASURE(spend), COUNT(*) FROM marketing WHERE data_source = %s', ('meta_ads',)).fetchone()
    print(row)
    print(c.cursor(binary=True).execute('SELECT SUM(spend), MAX(clicks) FROM marketing').fetchone())
    with c.cursor().copy('COPY (SELECT data_source, SUM(clicks) FROM marketing GROUP BY 1 ORDER BY 1) TO STDOUT') as copy:
        print(list(copy.rows()))
    with c.cursor(name='declared') as cursor:
        cursor.execute('SELECT spend FROM marketing')
        print(len(cursor.fetchmany(30)), len(cursor.fetchall()))
with psycopg.connect(${to}, dbname='${DATABASE}', autocommit=True) as c, c.pipeline():
    one, two = c.execute('SELECT 1'), c.execute('SELECT SUM(spend) FROM marketing')
    print(one.fetchone(), two.fetchone())

async def go():
    pool = await asyncpg.create_pool(${to}, database='${DATABASE}', min_size=1, max_size=2)
    for _ in range(3):
        async with pool.acquire() as c:
            since = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
            row = await c.fetchrow('SELECT SUM(spend) AS s, COUNT(*) AS n FROM marketing WHERE data_source = ANY($1::text[]) AND recorded_at > $2', ['meta_ads'], since)
    async with pool.acquire() as c, c.transaction(readonly=True):
        print(tuple(row), sum([1 async for _ in c.cursor('SELECT spend FROM marketing')]))
    await pool.close()
asyncio.run(go())
`,
    ),
  ).toEqual([
    `(Decimal('156.25'), 125)`,
    `(Decimal('312.50'), 249)`,
    `[('google_ads', '15625'), ('meta_ads', '15500')]`,
    '30 220',
    `(1,) (Decimal('312.50'),)`,
    `(Decimal('156.25'), 125) 250`,
  ]);
});

(hasOdbc ? it : it.skip)(
  'psqlODBC reads its catalogue, binds parameters and fetches, with and without a cursor',
  () => {
    expect(
      python(
        'odbc',
        `
import pyodbc
for more in ('', 'UseDeclareFetch=1;Fetch=40;', 'UseServerSidePrepare=0;'):
    c = pyodbc.connect('DRIVER={PostgreSQL Unicode};SERVER=127.0.0.1;PORT=${server.sqlPort};DATABASE=${DATABASE};UID=${USER_NAME};PWD=${PASSWORD};' + more)
    cursor = c.cursor()
    print(sorted(row.table_name for row in cursor.tables(schema='public')), [row.type_name for row in cursor.columns(table='marketing', column='spend')],
      cursor.primaryKeys('marketing').fetchall(), cursor.statistics('marketing').fetchall(), cursor.foreignKeys('marketing').fetchall())
    row = cursor.execute("SELECT {fn UCASE(data_source)}, MEASURE(spend), COUNT(*) FROM marketing WHERE data_source = ? AND recorded_at >= ? GROUP BY 1", 'meta_ads', '2020-01-01').fetchone()
    print(tuple(row), len(cursor.execute('SELECT * FROM campaign_performance').fetchall()))
    try:
        cursor.execute('SELECT nothing FROM marketing')
    except pyodbc.Error as error:
        print(error.args[0])
    c.close()
`,
      ),
    ).toEqual(
      Array.from({ length: 3 }, () => [
        `['assets', 'attribution', 'campaign_performance', 'journeys', 'marketing'] ['numeric'] [] [] []`,
        `('META_ADS', Decimal('156.25'), 125) 250`,
        '42703',
      ]).flat(),
    );
  },
);

(hasTerminal ? it : it.skip)('psql completes relations, schemas, settings and zones by Tab', () => {
  const screen = python(
    'completion',
    `
import os, pexpect
env = dict(os.environ, PGPASSWORD='${PASSWORD}', TERM='dumb', INPUTRC='/dev/null', PAGER='cat')
c = pexpect.spawn('psql', ['-X', '-h', '127.0.0.1', '-p', '${server.sqlPort}', '-U', '${USER_NAME}', '${DATABASE}'], env=env, encoding='utf8', timeout=20, dimensions=(60, 160))
c.expect('=>')
for typed, completed in [
    ('SELECT * FROM mar\t', 'SELECT \\* FROM marketing '), ('\\d att\t', 'd attribution '), ('\\dn re\t', 'dn reports '),
    ('\\connect ma\t', 'connect ${DATABASE} '), ('SHOW timez\t', 'timez.?one'), ('\\df pg_get_k\t', 'pg_get_keywords '),
    ("SET timezone TO 'Europe/Kyi\t", 'Europe/Kyiv'),
]:
    c.send(typed)
    c.expect(completed)
    c.send('\x15\x03')
    c.expect('=>')
    print('completed')
c.sendline('\\q')
`,
  );
  expect(screen).toEqual(Array.from({ length: 7 }, () => 'completed'));
});

const written = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const ASKED = `SELECT data_source, SUM(spend), COUNT(*) FROM marketing WHERE data_source = %s AND recorded_at >= %s GROUP BY 1`;
const SLOW = 'SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b';

(hasPerl ? it : it.skip)(
  'Perl’s DBD::Pg reads the catalogue, prepares, copies, cancels and goes on after an error',
  () => {
    const file = written(
      'client.pl',
      String.raw`
use strict; use DBI;
my $d = DBI->connect('dbi:Pg:dbname=${DATABASE};host=127.0.0.1;port=${server.sqlPort}', '${USER_NAME}', '${PASSWORD}', { RaiseError => 1, PrintError => 0 });
print join(',', $d->tables(undef, 'public', undef, 'TABLE')), "\n";
print $d->column_info(undef, 'public', 'marketing', 'spend')->fetchrow_hashref->{TYPE_NAME}, "\n";
my $s = $d->prepare(q{${ASKED.replaceAll('%s', '?')}});
for (1 .. 3) { $s->execute('meta_ads', '2020-01-01'); print join('|', $s->fetchrow_array), "\n"; $s->finish; }
$d->begin_work; $d->pg_savepoint('x'); eval { $d->do('SELECT nothing FROM marketing') }; print $d->state, "\n"; $d->pg_rollback_to('x');
$d->do('DECLARE c CURSOR FOR SELECT spend FROM marketing'); print scalar(@{ $d->selectall_arrayref('FETCH 30 FROM c') }), "\n"; $d->commit;
$d->do('COPY (SELECT spend FROM marketing) TO STDOUT'); my ($line, $lines) = ('', 0); $lines++ while $d->pg_getcopydata(\$line) >= 0; print "$lines\n";
$s = $d->prepare('${SLOW}', { pg_async => 1 }); $s->execute; print $d->pg_cancel, $d->selectrow_array('SELECT 1'), "\n";
`,
    );
    expect(ran('perl', [file])).toEqual([
      ['assets', 'attribution', 'campaign_performance', 'journeys', 'marketing']
        .map((name) => `public.${name}`)
        .join(','),
      'numeric',
      ...Array.from({ length: 3 }, () => 'meta_ads|156.25|125'),
      ...['42703', '30', '250', '11'],
    ]);
  },
);

(hasPhp ? it : it.skip)('PHP’s PDO binds here and there, scrolls, and copies', () => {
  const file = written(
    'client.php',
    String.raw`<?php
$d = new PDO('pgsql:host=127.0.0.1;port=${server.sqlPort};dbname=${DATABASE}', '${USER_NAME}', '${PASSWORD}', [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
foreach ([false, true] as $emulate) {
  $d->setAttribute(PDO::ATTR_EMULATE_PREPARES, $emulate);
  $s = $d->prepare("${ASKED.replaceAll('%s', '?')}");
  for ($i = 0; $i < 3; $i++) $s->execute(['meta_ads', '2020-01-01']);
  echo json_encode($s->fetchAll(PDO::FETCH_NUM)), "\n", $s->getColumnMeta(1)['native_type'], "\n";
}
try { $d->query('SELECT nothing FROM marketing'); } catch (PDOException $error) { echo $error->getCode(), "\n"; }
$d->beginTransaction();
$s = $d->prepare('SELECT spend FROM marketing', [PDO::ATTR_CURSOR => PDO::CURSOR_SCROLL]);
$s->execute();
echo $s->fetch(PDO::FETCH_NUM, PDO::FETCH_ORI_LAST) ? 'last' : 'none', "\n";
$s = null;
$d->commit();
echo count($d->pgsqlCopyToArray('(SELECT spend FROM marketing)')), "\n";
`,
  );
  expect(ran('php', [file])).toEqual([
    ...[1, 2].flatMap(() => ['[["meta_ads","156.25",125]]', 'numeric']),
    ...['42703', 'last', '250'],
  ]);
});

(hasRuby ? it : it.skip)('Ruby’s pg pipelines, reads row by row, and cancels', () => {
  const file = written(
    'client.rb',
    String.raw`
require 'pg'
c = PG.connect(host: '127.0.0.1', port: ${server.sqlPort}, user: '${USER_NAME}', password: '${PASSWORD}', dbname: '${DATABASE}')
c.prepare('asked', '${ASKED.replace('%s', '$1').replace('%s', '$2')}')
3.times { puts c.exec_prepared('asked', ['meta_ads', '2020-01-01']).values.inspect }
begin; c.exec('SELECT nothing FROM marketing'); rescue PG::UndefinedColumn => error; puts error.result.error_field(PG::Result::PG_DIAG_SQLSTATE); end
c.send_query('SELECT spend FROM marketing'); c.set_single_row_mode
rows = 0
while (result = c.get_result); result.check; rows += result.ntuples; end
puts rows
c.send_query('${SLOW}'); c.cancel
begin; c.get_last_result; rescue PG::QueryCanceled; puts 'cancelled'; end
c.enter_pipeline_mode
['SELECT 1', 'SELECT SUM(spend) FROM marketing', 'SELECT nothing', 'SELECT 3'].each { |sql| c.send_query_params(sql, []) }
c.pipeline_sync
seen = []
loop { result = c.get_result or next; seen << result.res_status(result.result_status).sub('PGRES_', ''); break if result.result_status == PG::PGRES_PIPELINE_SYNC }
puts seen.join(' ')
`,
  );
  expect(ran('ruby', [file])).toEqual([
    ...Array.from({ length: 3 }, () => '[["meta_ads", "156.25", "125"]]'),
    ...['42703', '250', 'cancelled', 'TUPLES_OK TUPLES_OK FATAL_ERROR PIPELINE_ABORTED PIPELINE_SYNC'],
  ]);
});
