/** SQL text ↔ trees, by the parser of Postgres itself. */
import { as, become, cast, constant, isObject, nodeOf, walk, type Fields, type Node } from './ast.js';
import { SqlMistake } from './mistake.js';

/** Characters of one query text. */
export const MOST_SQL = 500_000;
const MOST_NESTED = 150;

type Parser = typeof import('@libpg-query/parser');

let loading: Promise<void> | undefined;
let loaded: Parser | undefined;

/** To be awaited before anything is parsed. It takes a quarter of a second of processor time once, so not by who never parses. */
export const loadParser = (): Promise<void> =>
  (loading ??= import('@libpg-query/parser').then(async (parser) => {
    await parser.loadModule();
    loaded = parser;
  }));

function parser(): Parser {
  if (!loaded) throw new Error('The parser is not loaded.');
  return loaded;
}

/** The statements of a query text. @throws SqlMistake */
export function parseSql(sql: string): Node[] {
  if (sql.length > MOST_SQL)
    throw new SqlMistake({ code: '54000', message: `A query has at most ${MOST_SQL} characters.` });
  if (nesting(sql) > MOST_NESTED)
    throw new SqlMistake({ code: '54001', message: `A query is nested at most ${MOST_NESTED} deep.` });
  if (isEmpty(sql)) return [];
  try {
    return (parser().parseSync(sql).stmts ?? []).flatMap(({ stmt }) => (stmt ? [stmt as unknown as Node] : []));
  } catch (error) {
    throw asMistake(error);
  }
}

/**
 * The text of a statement. It is parsed again and compared: a text that would mean anything else is an error of ours.
 */
export function sqlOf(stmt: Node): string {
  if (!nodeOf(stmt)) throw new Error('Not a statement.');
  writeBooleans(stmt);
  try {
    const sql = parser().deparseSync({ version: 170004, stmts: [{ stmt }] } as never);
    if (meaning(parser().parseSync(sql).stmts?.[0]?.stmt) === meaning(stmt)) return sql;
  } catch (error) {
    throw asMistake(error);
  }
  throw new Error(`The statement can’t be written as text: ${meaning(stmt).slice(0, 10_000)}`);
}

/** The library writes `true` as `false`; as a text that is cast it comes out right. */
function writeBooleans(stmt: Node): void {
  walk(stmt, (tag, fields, node) => {
    const value = tag === 'A_Const' ? (fields.boolval as Fields | undefined) : undefined;
    if (value) become(node, cast(constant(value.boolval ? 't' : 'f'), 'bool'));
    const option = tag === 'DefElem' ? as(fields.arg, 'Boolean') : undefined;
    if (option) fields.arg = { String: { sval: option.boolval ? 'true' : 'false' } };
  });
}

const PLACES: ReadonlySet<string> = new Set(['location', 'rexpr_list_start', 'rexpr_list_end', 'funcformat']);
const meaning = (stmt: unknown): string =>
  JSON.stringify(stmt, (key, value: unknown) =>
    PLACES.has(key) ? undefined : isObject(value) && !Array.isArray(value) ? sorted(value) : value,
  );
const sorted = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).sort(([left], [right]) => (left < right ? -1 : 1)));

/** The text of an expression. */
export function expressionSql(expression: Node): string {
  return sqlOf({ SelectStmt: { targetList: [{ ResTarget: { val: expression } }], ...PLAIN } }).replace(/^SELECT /, '');
}

/** An expression of our own making. */
export function expression(sql: string): Node {
  const [stmt] = parseSql(`SELECT ${sql}`);
  const target = (stmt?.SelectStmt?.targetList as Node[] | undefined)?.[0];
  return target?.ResTarget?.val as Node;
}

const PLAIN = { limitOption: 'LIMIT_OPTION_DEFAULT', op: 'SETOP_NONE' };

function asMistake(error: unknown): SqlMistake {
  if (error instanceof RangeError || (error instanceof Error && /memory exhausted|stack/.test(error.message)))
    return new SqlMistake({ code: '54001', message: 'The query is too complex.' });
  const message = error instanceof Error ? error.message : String(error);
  const position = parser().hasSqlDetails(error) ? error.sqlDetails?.cursorPosition : undefined;
  return new SqlMistake({
    code: '42601',
    message,
    ...(position === undefined || position < 0 ? {} : { position: position + 1 }),
  });
}

/** An upper bound of how deep parentheses stand in each other: those in texts are counted as well. */
function nesting(sql: string): number {
  let depth = 0;
  let most = 0;
  for (let index = 0; index < sql.length; index++) {
    const code = sql.charCodeAt(index);
    if (code === 40 || code === 91) most = Math.max(most, ++depth);
    else if (code === 41 || code === 93) depth--;
  }
  return most;
}

/** Only space, semicolons and comments. */
const isEmpty = (sql: string): boolean => /^(?:[\s;]|--[^\n]*(?:\n|$)|\/\*[^*/]*\*\/)*$/.test(sql);
