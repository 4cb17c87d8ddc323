/** How finely rows are to be read so that a select's groups can be told apart. */
import { as, datedIn, functionName, typeName, type Node } from '../ast.js';
import type { Leaf } from './leaf.js';
import { TIME } from './sources.js';
import { bucketOf, commonUnit } from './time-use.js';
import type { Source } from './types.js';
import { isTimeIn, usesOf } from './uses.js';

export interface Shape {
  readonly dimensions: readonly string[];
  /** Null where nothing looks at the time. */
  readonly time: 'instant' | 'bucket' | null;
  readonly grain: Source['request']['time_grain'];
  /** Whether each group of the select is then one row. */
  readonly isExact: boolean;
  /** What is not grouped by as it is. */
  readonly loose: readonly string[];
}

/** @param kept conditions for Postgres to judge */
export function shapeOf({ uses, keys, sets, scope }: Leaf, kept: readonly Node[]): Shape {
  const judged = usesOf(kept, scope);
  const dimensions = [...new Set([...uses.dimensions, ...judged.dimensions])].sort();
  const times = [...uses.times, ...judged.times];
  const isTime = isTimeIn(scope);
  const plain = new Set(keys.flatMap((key) => scope.columnOf(key)?.name ?? []));
  const loose = dimensions.filter((name) => !plain.has(name));
  const isWhole = loose.length === 0 && !sets && !uses.star;
  if (times.length === 0) return { dimensions, time: null, grain: null, isExact: isWhole, loose };
  const { unit, grain } = commonUnit(times, scope.calendar);
  const isKey =
    unit === 'instant'
      ? keys.some((key) => isTime(key))
      : keys.map(bucketIn).some((key) => bucketOf(key, isTime) === unit && isWholeBucket(key));
  return {
    dimensions,
    time: unit === 'instant' ? 'instant' : 'bucket',
    grain,
    isExact: isWhole && isKey,
    loose: isKey ? loose : [...loose, TIME],
  };
}

/** The bucket's start that a key is, in whatever type: `CAST(date_trunc('month', recorded_at) AS date)`. */
function bucketIn(key: Node): Node {
  const typed = as(key, 'TypeCast');
  const inner = datedIn(key) ?? (typed && WITH_DAYS.has(typeName(typed)) ? (typed.arg as Node) : undefined);
  return inner && isTruncated(inner) ? inner : key;
}
const WITH_DAYS = new Set(['timestamp', 'timestamptz']);
const isTruncated = (node: Node): boolean => functionName(as(node, 'FuncCall') ?? {}).name === 'date_trunc';

/** A bucket's start, not a part of it such as its weekday. */
const isWholeBucket = (key: Node): boolean => datedIn(key) !== undefined || isTruncated(key);
