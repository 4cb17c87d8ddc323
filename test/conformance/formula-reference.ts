/** What a formula means, by decimal.js and without SQL. */
import { Decimal } from 'decimal.js';
import { roundDigits } from '../../src/compiler/formula/convert.js';
import { plainNumber } from '../../src/compiler/formula/numbers.js';
import type { BinaryOperator, FormulaFunction, FormulaNode } from '../../src/compiler/formula/types.js';

export const Exact = Decimal.clone({ precision: 400, rounding: Decimal.ROUND_HALF_UP, toExpNeg: -200, toExpPos: 200 });

export type Value = Decimal | boolean | string | null;

/** Thrown where a part passes 10^20 (or what a power can take), where the SQL may answer null. */
export class OutOfBounds extends Error {}

const cut = (value: Decimal): Decimal => value.toDecimalPlaces(18, Decimal.ROUND_DOWN);
const within = (value: Decimal, limit: Decimal.Value): Decimal => {
  if (value.abs().gte(limit)) throw new OutOfBounds();
  return value;
};

function float(value: number): Decimal | null {
  if (!(Math.abs(value) < 1e29)) return null;
  // All digits of the float, and then to the even neighbour of a tie, as C's printf does; toPrecision(12) would not.
  return new Exact(value.toPrecision(60)).toSignificantDigits(12, Decimal.ROUND_HALF_EVEN).toDecimalPlaces(12);
}
const toFloat = (value: Decimal): number => value.times(1e18).toNumber() / 1e18;

/** @throws OutOfBounds */
export function evaluate(node: FormulaNode, row: ReadonlyMap<string, string | null>): Value {
  switch (node.node) {
    case 'number':
      return new Exact(plainNumber(node.text) ?? NaN);
    case 'string':
    case 'boolean':
      return node.value;
    case 'member': {
      const text = row.get(node.key) ?? null;
      return text === null ? null : new Exact(text);
    }
    case 'unary': {
      const operand = evaluate(node.operand, row);
      if (operand === null) return null;
      return operand instanceof Decimal ? operand.neg() : !operand;
    }
    case 'binary':
      return node.operator === '^'
        ? powerOf(node.left, node.right, row)
        : binary(node.operator, evaluate(node.left, row), evaluate(node.right, row));
    case 'call':
      return call(node, row);
  }
}

/** The text of a final result: nine decimals, half away from zero. */
export function resultText(value: Value): string | null {
  return value instanceof Decimal ? value.toDecimalPlaces(9).toFixed().replace(/^-0$/, '0') : null;
}

export function binary(operator: Exclude<BinaryOperator, '^'>, left: Value, right: Value): Value {
  if (operator === 'and')
    return left === false || right === false ? false : left === null || right === null ? null : true;
  if (operator === 'or') return left === true || right === true ? true : left === null || right === null ? null : false;
  if (left === null || right === null) return null;
  if (left instanceof Decimal && right instanceof Decimal) {
    switch (operator) {
      case '+':
        return left.plus(right);
      case '-':
        return left.minus(right);
      case '*':
        return cut(within(left, 1e20).times(within(right, 1e20)));
      case '/':
        return right.isZero() ? null : cut(within(left, 1e20).div(right));
      default:
        return compare(operator, left.comparedTo(right));
    }
  }
  return compare(operator, left === right ? 0 : left < right ? -1 : 1);
}

function compare(operator: BinaryOperator, order: number): boolean {
  switch (operator) {
    case '==':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    default:
      return order >= 0;
  }
}

/** `exponent` as a formula writes it: a whole one is multiplied out. */
export function powerValue(base: Value, exponent: Value): Value {
  if (!(base instanceof Decimal) || !(exponent instanceof Decimal)) return null;
  return power(base, exponent, exponent.isInteger() && exponent.abs().lt(100) ? exponent.toNumber() : undefined);
}

function power(base: Decimal, exponent: Decimal, whole: number | undefined): Value {
  if (whole === undefined || Math.abs(whole) > 12) return float(toFloat(base) ** toFloat(exponent));
  const steps = Math.abs(whole);
  let result: Decimal = new Exact(1);
  if (steps > 1) within(base, new Exact(10).pow(Math.floor(40 / steps)));
  for (let step = 0; step < steps; step++) result = cut(result.times(base));
  if (whole >= 0) return result;
  return result.isZero() ? null : cut(new Exact(1).div(result));
}

function powerOf(baseNode: FormulaNode, exponentNode: FormulaNode, row: ReadonlyMap<string, string | null>): Value {
  const base = evaluate(baseNode, row);
  const exponent = evaluate(exponentNode, row);
  if (!(base instanceof Decimal) || !(exponent instanceof Decimal)) return null;
  return power(base, exponent, roundDigits(exponentNode));
}

function call(node: FormulaNode & { node: 'call' }, row: ReadonlyMap<string, string | null>): Value {
  const [first, second, third] = node.args;
  if (!first) throw new Error('A call has arguments.');
  if (node.name === 'pow' && second) return powerOf(first, second, row);
  if (node.name === 'if' && second && third) {
    // Both are evaluated, as an engine may, so that what is out of bounds is noticed.
    const [then, otherwise] = [evaluate(second, row), evaluate(third, row)];
    return evaluate(first, row) === true ? then : otherwise;
  }
  return functionValue(
    node.name,
    node.args.map((arg) => evaluate(arg, row)),
  );
}

export type FunctionName = Exclude<FormulaFunction, 'if' | 'pow'>;

export function functionValue(name: FormulaFunction, values: readonly Value[]): Value {
  const [value, other] = values;
  if (name === 'coalesce') return values.find((each) => each !== null) ?? null;
  if (!(value instanceof Decimal)) return null;
  switch (name) {
    case 'nullif':
      return other instanceof Decimal && value.eq(other) ? null : value;
    case 'min':
    case 'max': {
      const all = values.filter((each) => each instanceof Decimal);
      return all.length < values.length ? null : Exact[name](...all);
    }
    case 'round': {
      const unit = new Exact(10).pow(other instanceof Decimal ? other : 0);
      return value.times(unit).round().div(unit);
    }
    case 'abs':
      return value.abs();
    case 'floor':
      return value.floor();
    case 'ceil':
      return value.ceil();
    case 'sqrt':
      return float(Math.sqrt(toFloat(value)));
    case 'log':
      return float(Math.log(toFloat(value)));
    case 'exp':
      return float(Math.exp(toFloat(value)));
    default:
      throw new Error(`no reference for ${name}`);
  }
}
