/**
 * A grouping by several sets of keys (ROLLUP, CUBE, GROUPING SETS) with a measure that can't be put together from parts:
 * each set is asked for by itself, at its own dimensions, and its rows carry the set's number.
 */
import {
  as,
  become,
  column as columnRef,
  copy,
  integer,
  isObject,
  list,
  nodeOf,
  placeless,
  replace,
  type Node,
} from '../ast.js';
import { unsupported } from '../mistake.js';
import { LEVEL } from '../relation.js';
import { groupingSets, hasSubselect, shownIn } from './clauses.js';
import type { Leaf } from './leaf.js';
import type { LeafScope } from './scope.js';
import { shapeOf, type Shape } from './shape.js';
import { usesOf } from './uses.js';

/** Requests that one select may take. */
const MOST_LEVELS = 32;

export interface Level {
  readonly keys: readonly Node[];
  readonly shape: Shape;
}

/** The sets, if every group of each is a row of the query path; undefined where that is not so. */
export function levelsOf(leaf: Leaf): readonly Level[] | undefined {
  const { select, scope, uses } = leaf;
  const shown = [...shownIn(select), select.distinctClause];
  // A key that a set leaves out is no column of its rows, so that no aggregate may look at it.
  const looksAtKeys = uses.aggregates.some(({ fields }) => {
    const within = usesOf([fields.args, fields.agg_filter, fields.agg_order], scope);
    return within.dimensions.size + within.times.length > 0;
  });
  if (!leaf.sets || looksAtKeys || uses.star || hasSubselect(shown)) return undefined;
  const sets = groupingSets(select, scope, MOST_LEVELS);
  const levels = sets?.map((keys): Level => {
    const own = { ...leaf, keys, sets: false, uses: usesOf(keys, scope) };
    return { keys, shape: shapeOf(own, []) };
  });
  if (!levels?.every(({ shape }) => shape.isExact)) return undefined;
  if (select.groupDistinct !== true) return levels;
  const known = new Map(levels.map((level) => [textsOf(level, scope).sort().join(), level]));
  return [...known.values()];
}

/**
 * Groups a select by the rows of its levels; in place. A key has a value in the rows of those sets that have it.
 * @throws SqlMistake 0A000 for a column that stands outside of the keys
 */
export function groupByLevels(
  { select, scope, uses }: Leaf,
  levels: readonly Level[],
  columns: readonly string[],
): void {
  const texts = levels.map((level) => new Set(textsOf(level, scope)));
  const aggregates = new Set(uses.aggregates.map(({ node }) => node));
  const withKey = (text: string): number[] => [...texts.keys()].filter((index) => texts[index]?.has(text));
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit);
    if (!isObject(value)) return;
    const node = value as Node;
    if (aggregates.has(node)) return;
    const grouping = as(node, 'GroupingFunc');
    if (grouping) return become(node, maskOf(list(grouping.args), texts, scope));
    const known = nodeOf(node);
    const having = known ? withKey(textOf(node, scope)) : [];
    if (having.length > 0) {
      if (having.length < levels.length) become(node, whereLevel(having, copy(node)));
      return;
    }
    if (known && scope.columnOf(node)?.measure === null)
      throw unsupported('A column beside the keys of several sets can’t be followed.', 'Select the keys as they are.');
    for (const each of Object.values(known ? known[1] : value)) visit(each);
  };
  visit([...shownIn(select), select.distinctClause]);
  select.groupClause = [LEVEL, ...columns].map((name) => columnRef(name));
  delete select.groupDistinct;
}

/** Keys as texts that are the same however a column is qualified. */
const textsOf = ({ keys }: Level, scope: LeafScope): string[] => keys.map((key) => textOf(key, scope));

function textOf(node: Node, scope: LeafScope): string {
  const plain = copy(node);
  replace(plain, (tag, fields) => {
    const column = tag === 'ColumnRef' ? scope.columnOf({ ColumnRef: fields }) : undefined;
    return column && columnRef(column.name);
  });
  return placeless(plain);
}

/** GROUPING(…): a bit for each argument, set where it is not among the keys. */
function maskOf(args: readonly Node[], texts: readonly ReadonlySet<string>[], scope: LeafScope): Node {
  const wanted = args.map((arg) => textOf(arg, scope));
  const masks = texts.map((keys) => wanted.reduce((mask, text) => mask * 2 + (keys.has(text) ? 0 : 1), 0));
  return {
    CaseExpr: {
      arg: columnRef(LEVEL),
      args: masks.map((mask, index) => ({ CaseWhen: { expr: integer(index), result: integer(mask) } })),
    },
  };
}

/** The value in rows of these levels, and null in others. */
const whereLevel = (levels: readonly number[], value: Node): Node => ({
  CaseExpr: {
    args: [
      {
        CaseWhen: {
          expr: {
            A_Expr: {
              kind: 'AEXPR_IN',
              name: [{ String: { sval: '=' } }],
              lexpr: columnRef(LEVEL),
              rexpr: { List: { items: levels.map(integer) } },
            },
          },
          result: value,
        },
      },
    ],
  },
});
