/**
 * Writes a Cube data model file (JavaScript) from data. User text gets in only as JSON, which is a JavaScript literal;
 * SQL gets in as a template literal whose every backtick, backslash and `${` is escaped, except for the references made
 * by {@link cubeReference} and {@link memberReference}.
 */

/** Marks around a reference inside SQL text. Control characters, so that no checked SQL can hold them. */
const OPEN = '\u0001';
const CLOSE = '\u0002';
const REFERENCE = new RegExp(`${OPEN}([a-z0-9_]*)${CLOSE}`, 'g');
const KEY = /^[a-z_][a-z0-9_]*$/;

/** The cube's own row, in SQL: `${CUBE}`. */
export const cubeReference = (): string => `${OPEN}${CLOSE}`;

/** Another measure of the same cube, in SQL: `${CUBE.key}`. */
export function memberReference(key: string): string {
  if (!KEY.test(key)) throw new Error('Not a member key.');
  return `${OPEN}${key}${CLOSE}`;
}

/** SQL as a template literal. */
export class CubeSql {
  constructor(readonly sql: string) {}

  /** What Cube's transpiler makes of the literal: a function of what the literal refers to. */
  toFunction(): string {
    return `(${this.sql.includes(OPEN) ? 'CUBE' : ''}) => ${this.toString()}`;
  }

  toString(): string {
    const escaped = this.sql.replace(/[\\`]|\$\{/g, (found) => `\\${found}`);
    return `\`${escaped.replace(REFERENCE, (_, key: string) => (key === '' ? '${CUBE}' : `\${CUBE.${key}}`))}\``;
  }

  /** The SQL itself. @param row by which the cube's row is named @param member SQL of another measure */
  over(row: string, member: (key: string) => string): string {
    return this.sql.replace(REFERENCE, (_, key: string) => (key === '' ? row : member(key)));
  }
}

export type CubeValue =
  string | boolean | number | CubeSql | readonly CubeValue[] | { readonly [key: string]: CubeValue | undefined };

/** A call of Cube's `cube(name, definition)`, as a file's text. */
export function cubeFile(comment: string, name: string, definition: CubeValue): string {
  return `// ${comment}\ncube(${JSON.stringify(name)}, ${write(definition, '', (sql) => sql.toString())});\n`;
}

/** The same as {@link cubeFile}, in the form into which Cube transpiles a file before it runs it. */
export function cubeScript(name: string, definition: CubeValue): string {
  return `(function () {\ncube(${JSON.stringify(name)}, ${write(definition, '', (sql) => sql.toFunction())});\n})();\n`;
}

function write(value: CubeValue, indent: string, writeSql: (sql: CubeSql) => string): string {
  if (value instanceof CubeSql) return writeSql(value);
  if (typeof value !== 'object') return JSON.stringify(value);
  const inner = `${indent}  `;
  if (isList(value)) return `[${value.map((item) => write(item, inner, writeSql)).join(', ')}]`;
  const lines = Object.entries(value).flatMap(([key, item]) =>
    item === undefined
      ? []
      : [`${inner}${KEY.test(key) ? key : JSON.stringify(key)}: ${write(item, inner, writeSql)},\n`],
  );
  return lines.length === 0 ? '{}' : `{\n${lines.join('')}${indent}}`;
}

const isList = (value: CubeValue): value is readonly CubeValue[] => Array.isArray(value);
