/** What a statement is to the SQL API: to be run, to change the session, to be refused. */
import { as, constantText, functionName, list, nodeOf, walk, isObject, type Fields, type Node } from './ast.js';
import { ATTRIBUTION_MODELS, isAttributionModel, STANDARD_MODEL } from '../compiler/model/relations.js';
import { MODEL_SETTING, READ_ONLY_SETTINGS, SETTINGS } from './catalog/allowed.js';
import { checkSelect, refusedStatement, type CheckContext } from './check.js';
import { notPermitted, SqlMistake, unsupported } from './mistake.js';
import { expressionSql, sqlOf } from './parse.js';
import { directAnswer, type DirectAnswer } from './plan/direct.js';
import { planStatement } from './plan/plan.js';
import type { PlanContext } from './plan/scope.js';
import type { StatementPlan } from './plan/types.js';
import { MODEL_COLUMN } from './relation.js';

export type Statement =
  | {
      readonly kind: 'query';
      /** For Postgres to infer types from, over the empty relations; null where it takes no part in that. */
      readonly describe: Written | null;
      readonly plan: StatementPlan | null;
      /** The statement as it runs: over the catalogue alone, or over what was read. */
      readonly sql: Written;
      /** EXPLAIN of a query over the model. */
      readonly explain: boolean;
      /** Where Postgres has nothing left to do: what to answer. */
      readonly direct: DirectAnswer | null;
    }
  | { readonly kind: 'begin' | 'commit' | 'rollback' }
  /** Within a transaction only: SAVEPOINT and the like. */
  | { readonly kind: 'savepoint'; readonly sql: string }
  | { readonly kind: 'set'; readonly sql: string; readonly name: string | null }
  | { readonly kind: 'reset all' | 'discard'; readonly tag: string }
  | { readonly kind: 'deallocate'; readonly name: string | null }
  /** `types`: each as an expression of that type. */
  | { readonly kind: 'prepare'; readonly name: string; readonly types: readonly string[]; readonly query: Node }
  | { readonly kind: 'execute'; readonly name: string; readonly args: readonly string[] }
  /** Accepted, and without effect. */
  | { readonly kind: 'nothing'; readonly tag: string }
  /** SHOW, FETCH, MOVE, CLOSE: run as they are. */
  | { readonly kind: 'pass'; readonly sql: string };

/** SQL that is written when it is wanted: writing takes many times as long as reading, and not every statement runs in Postgres. */
export type Written = () => string;

export type StatementContext = CheckContext & PlanContext;

/** @throws SqlMistake for what is not allowed */
export function readStatement(node: Node, context: StatementContext): Statement {
  const [tag, fields] = nodeOf(node) ?? ['', {}];
  switch (tag) {
    case 'SelectStmt':
      return query(node, node, context, false);
    case 'ExplainStmt':
      return explain(node, fields, context);
    case 'DeclareCursorStmt': {
      const statement = query(node, fields.query as Node, context, false);
      return { ...statement, describe: null, direct: null };
    }
    case 'CopyStmt':
      return copyOut(node, fields, context);
    case 'TransactionStmt':
      return transaction(node, fields);
    case 'VariableSetStmt':
      return setting(node, fields);
    case 'VariableShowStmt':
      if (fields.name === MODEL_COLUMN) return { kind: 'pass', sql: SHOW_MODEL };
      if (fields.name === 'all')
        throw notPermitted('SHOW ALL is not available.', 'SELECT name, setting FROM pg_settings');
      return { kind: 'pass', sql: sqlOf(node) };
    case 'FetchStmt':
    case 'ClosePortalStmt':
      return { kind: 'pass', sql: sqlOf(node) };
    case 'DeallocateStmt':
      return { kind: 'deallocate', name: fields.isall || fields.name === undefined ? null : String(fields.name) };
    case 'DiscardStmt':
      return fields.target === 'DISCARD_ALL'
        ? { kind: 'discard', tag: 'DISCARD ALL' }
        : { kind: 'nothing', tag: 'DISCARD' };
    case 'UnlistenStmt':
      return { kind: 'nothing', tag: 'UNLISTEN' };
    case 'PrepareStmt':
      return prepare(fields);
    case 'ExecuteStmt':
      return {
        kind: 'execute',
        name: String(fields.name),
        args: list(fields.params).map((arg) => argument(arg, context)),
      };
    case 'LockStmt':
    case 'ListenStmt':
    case 'NotifyStmt':
    case 'DoStmt':
      throw unsupported(`${tag.replace('Stmt', '').toUpperCase()} is not available here.`, 'The SQL API only reads.');
    default:
      throw refusedStatement(tag);
  }
}

function query(
  root: Node,
  select: Node,
  context: StatementContext,
  explained: boolean,
): Extract<Statement, { kind: 'query' }> {
  const readsModel = checkSelect(select, context);
  if (!readsModel)
    return { kind: 'query', describe: once(select), plan: null, sql: once(root), explain: explained, direct: null };
  const plan = planStatement(select, context);
  const tag = nodeOf(root)?.[0] ?? '';
  const statement = root === select ? plan.statement : ({ [tag]: { ...root[tag], query: plan.statement } } as Node);
  const direct = root === select ? directAnswer(plan) : null;
  return {
    ...{ kind: 'query', describe: once(select), sql: once(statement) },
    ...{ plan: { ...plan, statement }, explain: explained, direct },
  };
}

/** The text of a statement, written once. */
function once(stmt: Node): Written {
  let sql: string | undefined;
  return () => (sql ??= sqlOf(stmt));
}

function prepare(fields: Fields): Statement {
  const query = fields.query as Node;
  if (!as(query, 'SelectStmt')) throw refusedStatement(nodeOf(query)?.[0] ?? '');
  const types = list(fields.argtypes).map((type) =>
    expressionSql({ TypeCast: { arg: { A_Const: { isnull: true } }, typeName: type.TypeName } } as Node),
  );
  return { kind: 'prepare', name: String(fields.name), types, query };
}

/** What stands for a parameter: an expression of constants. */
function argument(value: Node, context: StatementContext): string {
  walk(value, (tag) => {
    if (tag === 'ParamRef' || tag === 'SubLink' || tag === 'ColumnRef')
      throw unsupported('EXECUTE takes constants and expressions of them.', 'Bind parameters by the protocol.');
  });
  checkSelect(
    {
      SelectStmt: {
        targetList: [{ ResTarget: { val: value } }],
        limitOption: 'LIMIT_OPTION_DEFAULT',
        op: 'SETOP_NONE',
      },
    },
    context,
  );
  return expressionSql(value);
}

function explain(node: Node, fields: Fields, context: StatementContext): Statement {
  if (!as(fields.query, 'SelectStmt')) throw refusedStatement(nodeOf(fields.query)?.[0] ?? '');
  const statement = query(node, fields.query as Node, context, true);
  return statement.plan ? statement : { ...statement, describe: null, explain: false };
}

function copyOut(node: Node, fields: Fields, context: StatementContext): Statement {
  if (fields.is_from) throw refusedStatement('COPY FROM');
  if (fields.is_program || fields.filename !== undefined)
    throw notPermitted('COPY to a file or a program is not available.', 'COPY (query) TO STDOUT');
  if (isObject(fields.relation)) {
    const columns = list(fields.attlist).map((each) => ({
      ResTarget: { val: { ColumnRef: { fields: [each] } } },
    }));
    fields.query = {
      SelectStmt: {
        targetList:
          columns.length > 0 ? columns : [{ ResTarget: { val: { ColumnRef: { fields: [{ A_Star: {} }] } } } }],
        fromClause: [{ RangeVar: fields.relation }],
        limitOption: 'LIMIT_OPTION_DEFAULT',
        op: 'SETOP_NONE',
      },
    };
    delete fields.relation;
    delete fields.attlist;
  }
  return { ...query(node, fields.query as Node, context, false), describe: null };
}

function transaction(node: Node, { kind }: Fields): Statement {
  switch (kind) {
    case 'TRANS_STMT_BEGIN':
    case 'TRANS_STMT_START':
      return { kind: 'begin' };
    case 'TRANS_STMT_COMMIT':
      return { kind: 'commit' };
    case 'TRANS_STMT_ROLLBACK':
      return { kind: 'rollback' };
    case 'TRANS_STMT_SAVEPOINT':
    case 'TRANS_STMT_RELEASE':
    case 'TRANS_STMT_ROLLBACK_TO':
      return { kind: 'savepoint', sql: sqlOf(node) };
    default:
      throw refusedStatement(String(kind).replace('TRANS_STMT_', '').replaceAll('_', ' '));
  }
}

const SHOW_MODEL = `SELECT coalesce(nullif(current_setting('${MODEL_SETTING}', true), ''), '${STANDARD_MODEL}') AS ${MODEL_COLUMN}`;

/** By which attribution model a session's statements are. */
function modelSetting(node: Node, fields: Fields): Statement {
  const [value, ...others] = list(fields.args);
  const model = constantText(value) ?? '';
  if (fields.kind === 'VAR_SET_VALUE' && (others.length > 0 || !isAttributionModel(model)))
    throw new SqlMistake({
      code: '22023',
      message: `invalid value for parameter "${MODEL_COLUMN}": "${model.slice(0, 80)}"`,
      hint: `Models are ${ATTRIBUTION_MODELS.join(', ')}, and the organisation’s own.`,
    });
  fields.name = MODEL_SETTING;
  return { kind: 'set', sql: sqlOf(node), name: fields.is_local ? null : MODEL_SETTING };
}

function setting(node: Node, fields: Fields): Statement {
  const name = String(fields.name ?? '').toLowerCase();
  if (name === MODEL_COLUMN) return modelSetting(node, fields);
  if (fields.kind === 'VAR_RESET_ALL') return { kind: 'reset all', tag: 'RESET' };
  if (name === 'transaction' || name === 'session characteristics' || READ_ONLY_SETTINGS.has(name))
    return { kind: 'nothing', tag: 'SET' };
  if (!SETTINGS.has(name))
    throw notPermitted(
      `permission denied to set parameter "${name}"`,
      `These can be set: ${[...SETTINGS].join(', ')}.`,
    );
  walk(fields.args, (tag, inner) => {
    if (tag === 'FuncCall') throw notPermitted(`permission denied for function ${functionName(inner).name}`);
  });
  if (name === 'client_encoding' && !/utf-?8|default/i.test(JSON.stringify(fields.args ?? 'default')))
    throw new SqlMistake({ code: '0A000', message: 'Only UTF8 is spoken here.' });
  return { kind: 'set', sql: sqlOf(node), name: fields.is_local ? null : name };
}
