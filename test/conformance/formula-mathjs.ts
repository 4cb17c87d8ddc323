/**
 * A formula's text evaluated by mathjs, by its own parser and precedence, with the arithmetic of the reference in the
 * place of its own: a tree that our reader builds in another way than mathjs gives another number.
 */
import { all, create, type BigNumber } from 'mathjs';
import type { BinaryOperator } from '../../src/compiler/formula/types.js';
import { binary, Exact, functionValue, powerValue, type FunctionName, type Value } from './formula-reference.js';

const math = create(all ?? {}, { number: 'BigNumber', precision: 64 });

/** Literals come as mathjs's own decimals. */
const exact = (value: unknown): Value => (math.isBigNumber(value) ? new Exact(value.toString()) : (value as Value));
const over =
  (evaluate: (...values: Value[]) => Value) =>
  (...values: readonly (BigNumber | Value)[]): Value =>
    evaluate(...values.map(exact));
const operator = (name: Exclude<BinaryOperator, '^'>) => over((a = null, b = null) => binary(name, a, b));
const FUNCTIONS: readonly FunctionName[] = [
  ...(['coalesce', 'nullif', 'min', 'max', 'round', 'abs', 'floor', 'ceil', 'sqrt', 'log', 'exp'] as const),
];

math.import(
  {
    add: operator('+'),
    subtract: operator('-'),
    multiply: operator('*'),
    divide: operator('/'),
    smaller: operator('<'),
    smallerEq: operator('<='),
    larger: operator('>'),
    largerEq: operator('>='),
    equal: operator('=='),
    unequal: operator('!='),
    and: operator('and'),
    or: operator('or'),
    not: over((value = null) => (value === null ? null : value !== true)),
    unaryMinus: over((value = null) => (value instanceof Exact ? value.neg() : null)),
    pow: over((base = null, exponent = null) => powerValue(base, exponent)),
    if: over((condition = null, then = null, otherwise = null) => (condition === true ? then : otherwise)),
    ...Object.fromEntries(FUNCTIONS.map((name) => [name, over((...values) => functionValue(name, values))])),
  },
  { override: true },
);

/** @throws OutOfBounds as the reference does */
export function evaluateByMathjs(text: string, row: ReadonlyMap<string, string | null>): Value {
  const scope = new Map([...row].map(([key, value]) => [key, value === null ? null : new Exact(value)]));
  return exact(math.evaluate(text, scope));
}
