/** A named query (WITH) that is read once stands where it is read, so that it can be planned together with its reader. */
import { as, become, copy, isObject, list, walk, type Fields, type Node } from '../ast.js';
import { selectsOf } from './pull-up.js';

export function inlineQueries(statement: Node, isModel: (fields: Fields) => boolean): void {
  for (const select of selectsOf(statement).reverse()) {
    const clause = select.withClause as Fields | undefined;
    if (!clause || clause.recursive) continue;
    const ctes = list(clause.ctes);
    const names = ctes.map((each) => String(as(each, 'CommonTableExpr')?.ctename));
    if (new Set(names).size < names.length) continue;
    const left = [...ctes];
    for (const cte of ctes) {
      const fields = as(cte, 'CommonTableExpr') ?? {};
      if (fields.ctematerialized === 'CTEMaterializeAlways' || list(fields.aliascolnames).length > 0) continue;
      if (!readsModel(fields.ctequery, isModel, names)) continue;
      const readers = readersOf(select, String(fields.ctename));
      const [reader] = readers;
      // A query of the same name further in would hide this one.
      if (readers.length !== 1 || !reader || isHidden(select, String(fields.ctename), clause)) continue;
      const { alias } = reader.RangeVar ?? {};
      become(reader, {
        RangeSubselect: {
          subquery: copy(fields.ctequery as Node),
          alias: isObject(alias) ? alias : { aliasname: fields.ctename },
        },
      });
      left.splice(left.indexOf(cte), 1);
    }
    if (left.length === 0) delete select.withClause;
    else clause.ctes = left;
  }
}

function readersOf(select: Fields, name: string): Node[] {
  const found: Node[] = [];
  walk(select, (tag, fields, node) => {
    if (tag === 'RangeVar' && fields.relname === name && fields.schemaname === undefined) found.push(node);
  });
  return found;
}

function isHidden(select: Fields, name: string, own: Fields): boolean {
  let found = false;
  walk(select, (tag, fields) => {
    if (
      tag === 'CommonTableExpr' &&
      fields.ctename === name &&
      !list(own.ctes).some((each) => each.CommonTableExpr === fields)
    )
      found = true;
  });
  return found;
}

/** Whether it reads the model, itself or through another of the named queries. */
function readsModel(query: unknown, isModel: (fields: Fields) => boolean, names: readonly string[]): boolean {
  let found = false;
  walk(query, (tag, fields) => {
    if (tag === 'RangeVar' && (isModel(fields) || names.includes(String(fields.relname)))) found = true;
  });
  return found;
}
