// The process behind `clickhouse-http-front.ts`. Plain JavaScript, so that node can run it as it is.
// Speaks: POST and GET /?query=&database=&default_format=&query_id=&param_x=&<setting>=, the query in the URL, the body
// or both (then joined, as ClickHouse does); gzip both ways; /ping; errors with X-ClickHouse-Exception-Code and a text.
import { Buffer } from 'node:buffer';
import { createServer } from 'node:http';
import process from 'node:process';
import { URL } from 'node:url';
import { createGunzip, createGzip } from 'node:zlib';
import { drainPending, Session } from 'chdb';

const USER = 'tester';
const PASSWORD = 's@cret';
const NOT_SETTINGS = new Set(['query', 'database', 'default_format', 'query_id', 'session_id', 'role']);
/** Settings of the HTTP layer alone, which the embedded engine does not know. */
const HTTP_SETTINGS = new Set([
  'wait_end_of_query',
  'send_progress_in_http_headers',
  'enable_http_compression',
  'http_write_exception_in_output_format',
]);

const directory = process.argv[2];
const keeper = new Session(directory);
/** A client knows its statement by query_id; the embedded engine gives it another. */
const STATUS = { 516: 403, 60: 404, 47: 400, 62: 400, 159: 408, 241: 500 };

const server = createServer((request, response) => {
  handle(request, response).catch((error) => fail(response, error));
});

async function handle(request, response) {
  const url = new URL(request.url, 'http://front');
  if (url.pathname === '/ping') return void response.end('Ok.\n');
  if (!authorized(request)) {
    return fail(response, new Error('Code: 516. DB::Exception: Authentication failed. (AUTHENTICATION_FAILED)'));
  }
  const params = {};
  const settings = [];
  for (const [name, value] of url.searchParams) {
    if (name.startsWith('param_')) params[name.slice(6)] = unescaped(value);
    else if (!NOT_SETTINGS.has(name) && !HTTP_SETTINGS.has(name)) {
      settings.push(`${name} = '${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`);
    }
  }
  const body = await bodyOf(request);
  let sql = [url.searchParams.get('query'), body].filter(Boolean).join('\n');
  // `FORMAT x` at the end of a SELECT is the client's; the engine takes the format as an option.
  const trailing = /\sFORMAT\s+(\w+)\s*;?\s*$/i.exec(sql);
  const isSelect = /^\s*(SELECT|WITH|SHOW|EXPLAIN|DESCRIBE)\b/i.test(sql);
  if (trailing && isSelect) sql = sql.slice(0, trailing.index);
  const format = (isSelect && trailing?.[1]) || url.searchParams.get('default_format') || 'TabSeparated';
  // What KILL QUERY would find on a server: the engine's own list, by the id that stands in the statement's log_comment.
  if (/^\s*KILL QUERY/i.test(sql)) {
    sql = `KILL QUERY WHERE position(query, '${String(params.id).replaceAll(/[^0-9a-f-]/g, '')}') > 0 AND query NOT ILIKE 'KILL%' ASYNC`;
    delete params.id;
  }

  const session = new Session(directory);
  try {
    if (settings.length > 0) session.query(`SET ${settings.join(', ')}`);
    const queryId = url.searchParams.get('query_id') ?? '';
    const headers = { 'X-ClickHouse-Query-Id': queryId, 'X-ClickHouse-Format': format, 'X-ClickHouse-Summary': '{}' };
    if (!isSelect) {
      await session.queryAsync(sql, { format });
      response.writeHead(200, headers);
      return void response.end();
    }
    await streamOut(session, { sql, params, format, headers }, request, response);
  } finally {
    session.close();
  }
}

async function streamOut(session, { sql, params, format, headers }, request, response) {
  const stream = session.queryStreamBind(sql, params, { format });
  const gzip = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  let out = null;
  for await (const chunk of stream) {
    if (response.destroyed) break;
    out ??= start(response, headers, gzip);
    if (!out.write(chunk.raw()))
      await new Promise((resolve) => (out.once('drain', resolve), response.once('close', resolve)));
  }
  (out ?? start(response, headers, gzip)).end();
}

function start(response, headers, gzip) {
  response.writeHead(200, gzip ? { ...headers, 'Content-Encoding': 'gzip' } : headers);
  if (!gzip) return response;
  const out = createGzip();
  out.pipe(response);
  return out;
}

function fail(response, error) {
  const message = error.message;
  const code = Number(/Code: (\d+)/.exec(message)?.[1] ?? 1000);
  // As a server does once rows are out: the connection breaks, and the client knows that rows are missing.
  if (response.headersSent) return void response.destroy();
  response.writeHead(STATUS[code] ?? 500, {
    'X-ClickHouse-Exception-Code': String(code),
    'Content-Type': 'text/plain',
  });
  response.end(`${message}\n`);
}

function authorized(request) {
  const basic = /^Basic (.+)$/.exec(request.headers.authorization ?? '');
  if (basic) return Buffer.from(basic[1], 'base64').toString() === `${USER}:${PASSWORD}`;
  return request.headers['x-clickhouse-user'] === USER && request.headers['x-clickhouse-key'] === PASSWORD;
}

async function bodyOf(request) {
  const input = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request;
  const chunks = [];
  for await (const chunk of input) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** A parameter's value arrives in the escaping of tab-separated text; the engine's binding escapes it again itself. */
function unescaped(value) {
  if (value === '\\N') return null;
  const plain = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', 0: '\0' };
  return value.replaceAll(/\\(.)/gs, (_, c) => plain[c] ?? c);
}

server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
// The test that started this process holds the other end of stdin: when it ends, however it does, so does this.
process.stdin.resume().on('end', async () => {
  server.closeAllConnections();
  server.close();
  await drainPending();
  keeper.close();
  await drainPending();
  process.exit(0);
});
