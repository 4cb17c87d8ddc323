/**
 * Lets a statement through only if it reads, and reads only what the client may: relations of the model and of the
 * catalogue, functions on the list. Catalogue relations that tell about the whole server are turned to our own views.
 */
import {
  as,
  become,
  call,
  cast,
  columnName,
  constant,
  functionName,
  isObject,
  list,
  nodeOf,
  stringOf,
  typeName,
  type Fields,
  type Node,
} from './ast.js';
import {
  CATALOG_RELATIONS,
  INFORMATION_FUNCTIONS,
  NEVER,
  OWN_NAME,
  PRIVILEGE_ARGUMENTS,
  SHADOW,
  SHADOW_INFORMATION,
  SHADOWED,
  SHADOWED_FUNCTIONS,
  STABLE_FUNCTIONS,
} from './catalog/allowed.js';
import { nearestNames } from '../common/nearest.js';
import { notPermitted, SqlMistake, unsupported } from './mistake.js';

/** What a mirror knows about its Postgres. */
export interface CatalogFacts {
  readonly informationSchema: ReadonlySet<string>;
  /** Names of functions of `pg_catalog` whose every form is immutable or only reads its arguments. */
  readonly immutable: ReadonlySet<string>;
  readonly aggregates: ReadonlySet<string>;
}

export interface CheckContext {
  readonly facts: CatalogFacts;
  /** The model's relations. */
  readonly relations: readonly { readonly schema: string; readonly name: string }[];
  /** Name of the database, as the client knows it. */
  readonly database: string;
  readonly user: string;
}

export const MEASURE = 'measure';

/** Checks a query (a `SelectStmt`) and turns it, in place. @returns whether it reads a relation of the model */
export function checkSelect(select: Node, context: CheckContext): boolean {
  const checker = new Checker(context);
  checker.select(select, new Set());
  return checker.readsModel;
}

class Checker {
  readsModel = false;

  constructor(private readonly context: CheckContext) {}

  select(node: Node, outer: ReadonlySet<string>): void {
    const fields = as(node, 'SelectStmt');
    if (!fields) throw refusedStatement(nodeOf(node)?.[0] ?? '');
    this.selectFields(fields, outer);
  }

  private selectFields(fields: Fields, outer: ReadonlySet<string>): void {
    if (fields.intoClause) throw refusedStatement('SELECT INTO');
    if (list(fields.lockingClause).length > 0)
      throw notPermitted('Rows can’t be locked here: nothing is ever written.');
    let names = outer;
    const clause = fields.withClause as Fields | undefined;
    if (clause) {
      const ctes = list(clause.ctes).map((each) => as(each, 'CommonTableExpr') ?? {});
      if (clause.recursive) names = new Set([...names, ...ctes.map(({ ctename }) => String(ctename))]);
      for (const { ctename, ctequery } of ctes) {
        this.select(ctequery as Node, names);
        names = new Set([...names, String(ctename)]);
      }
    }
    for (const side of [fields.larg, fields.rarg]) if (isObject(side)) this.selectFields(side, names);
    for (const [key, value] of Object.entries(fields))
      if (!['withClause', 'larg', 'rarg'].includes(key)) this.visit(value, names);
  }

  private visit(value: unknown, ctes: ReadonlySet<string>): void {
    if (Array.isArray(value)) {
      for (const each of value) this.visit(each, ctes);
      return;
    }
    if (!isObject(value)) return;
    const node = nodeOf(value);
    if (node) {
      const [tag, fields] = node;
      if (tag === 'SelectStmt') return this.selectFields(fields, ctes);
      this.node(tag, fields, value as Node, ctes);
      const after = nodeOf(value)?.[1] ?? {};
      for (const each of Object.values(after)) this.visit(each, ctes);
      if (tag === 'TypeCast' && typeName(fields) === 'regclass' && !as(fields.arg, 'ParamRef'))
        fields.arg = call([SHADOW, OWN_NAME], [fields.arg as Node]);
      return;
    }
    for (const each of Object.values(value)) this.visit(each, ctes);
  }

  private node(tag: string, fields: Fields, node: Node, ctes: ReadonlySet<string>): void {
    if (tag.endsWith('Stmt')) throw refusedStatement(tag);
    switch (tag) {
      case 'RangeVar':
        return this.relation(fields, ctes);
      case 'FuncCall':
        return this.call(fields);
      case 'ColumnRef': {
        // pg_catalog.pg_class.oid
        const parts = list(fields.fields);
        if (
          parts.length === 3 &&
          ['pg_catalog', 'information_schema', 'public', 'reports'].includes(stringOf(parts[0]))
        )
          fields.fields = parts.slice(1);
        return;
      }
      case 'ResTarget': {
        const typed = as(fields.val, 'TypeCast');
        if (typed && typeName(typed) === 'regclass') fields.name ??= columnName(typed.arg)?.at(-1) ?? 'regclass';
        const op = as(fields.val, 'SQLValueFunction')?.op;
        if (op !== undefined) fields.name ??= String(op).replace('SVFOP_', '').replace(/_N$/, '').toLowerCase();
        return;
      }
      case 'SQLValueFunction': {
        const known = this.sessionValue(String(fields.op));
        if (known !== undefined) become(node, cast(constant(known), 'name'));
        return;
      }
      case 'RangeTableSample':
      case 'RangeTableFunc':
      case 'XmlExpr':
      case 'XmlSerialize':
        throw unsupported(`${tag} is not available here.`);
      case 'CurrentOfExpr':
        throw refusedStatement('CURRENT OF');
      default:
    }
  }

  private sessionValue(op: string): string | undefined {
    switch (op) {
      case 'SVFOP_CURRENT_CATALOG':
        return this.context.database;
      case 'SVFOP_CURRENT_ROLE':
      case 'SVFOP_CURRENT_USER':
      case 'SVFOP_USER':
      case 'SVFOP_SESSION_USER':
        return this.context.user;
      default:
        return undefined;
    }
  }

  private relation(fields: Fields, ctes: ReadonlySet<string>): void {
    const schema = fields.schemaname as string | undefined;
    const name = String(fields.relname);
    if (fields.catalogname !== undefined) {
      if (fields.catalogname !== this.context.database)
        throw unsupported(`cross-database references are not implemented: "${String(fields.catalogname)}"`);
      delete fields.catalogname;
    }
    if (schema === undefined && ctes.has(name)) return;
    const found = this.context.relations.find((each) => each.name === name && each.schema === (schema ?? each.schema));
    if (found) {
      this.readsModel = true;
      fields.schemaname = found.schema;
      return;
    }
    if (schema === 'information_schema' && this.context.facts.informationSchema.has(name))
      return shadow(fields, SHADOW_INFORMATION);
    if ((schema === undefined || schema === 'pg_catalog') && CATALOG_RELATIONS.has(name)) {
      if (SHADOWED.has(name)) return shadow(fields, SHADOW);
      fields.schemaname = 'pg_catalog';
      return;
    }
    const full = schema === undefined ? name : `${schema}.${name}`;
    if (schema === 'pg_catalog' || schema === 'information_schema' || (schema === undefined && name.startsWith('pg_')))
      throw notPermitted(`permission denied for relation ${full}`, 'Only what describes the model itself can be read.');
    const there = this.context.relations.map((each) => (each.schema === 'public' ? each.name : `reports.${each.name}`));
    const near = nearestNames(name, there);
    throw new SqlMistake({
      code: '42P01',
      message: `relation "${full}" does not exist`,
      hint: `${near.length > 0 ? `Did you mean ${near.join(' or ')}? ` : ''}There are: ${there.slice(0, 20).join(', ')}${there.length > 20 ? ', …' : ''}.`,
    });
  }

  private call(fields: Fields): void {
    const { schema, name } = functionName(fields);
    const { facts } = this.context;
    if (schema === undefined && name === MEASURE) {
      fields.funcname = [SHADOW, MEASURE].map((sval) => ({ String: { sval } }));
      return;
    }
    if (schema === 'information_schema' && INFORMATION_FUNCTIONS.has(name)) return;
    if (schema !== undefined && schema !== 'pg_catalog')
      throw notPermitted(`permission denied for function ${schema}.${name}`);
    if (NEVER.has(name) || !(STABLE_FUNCTIONS.has(name) || facts.immutable.has(name) || facts.aggregates.has(name)))
      throw notPermitted(
        `permission denied for function ${name}`,
        'Only functions that calculate from their arguments, or describe the model, can be called here.',
      );
    const args = list(fields.args);
    if (args.length > 0 && args.length === PRIVILEGE_ARGUMENTS[name]) fields.args = args.slice(1);
    if (SHADOWED_FUNCTIONS.has(name)) fields.funcname = [SHADOW, name].map((sval) => ({ String: { sval } }));
  }
}

function shadow(fields: Fields, schema: string): void {
  fields.schemaname = schema;
  fields.alias ??= { aliasname: fields.relname };
}

export const refusedStatement = (what: string): SqlMistake =>
  new SqlMistake({
    code: '25006',
    message: `${what
      .replace(/Stmt$/, '')
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toUpperCase()} can’t be done here: the SQL API only reads.`,
    hint: 'Rows and definitions are changed over REST, GraphQL or the command line.',
  });
