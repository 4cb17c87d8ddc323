/** Which types go together, and what comes out: the rules of money, numbers and conditions. */
import type { DataType } from '../model/types.js';
import type { BinaryOperator, FormulaFunction, FormulaNode, UnaryOperator, ValueType } from './types.js';

/** Either the type of the result, or what is wrong and what to do about it. */
export type Typed = { readonly type: ValueType } | { readonly mismatch: string };

const ok = (type: ValueType): Typed => ({ type });
const mismatch = (message: string): Typed => ({ mismatch: message });

/** The formula type of a member's declared data type. */
export function valueTypeOf(dataType: DataType): ValueType {
  switch (dataType) {
    case 'integer':
    case 'float':
      return 'number';
    case 'currency':
    case 'string':
    case 'boolean':
    case 'date':
      return dataType;
    default:
      return dataType satisfies never;
  }
}

const isNumeric = (type: ValueType): boolean => type === 'number' || type === 'currency';

/** A number written in the formula, with or without a sign: it takes on the currency of what it stands beside. */
const isLiteral = (node: FormulaNode): boolean =>
  node.node === 'number' || (node.node === 'unary' && node.operator === '-' && isLiteral(node.operand));

/** A day written in the formula: it is a date beside dates, else a text. */
const isDay = (node: FormulaNode): boolean => node.node === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(node.value);

/**
 * The one type that all of `nodes` have; a plain number may stand beside currency (`spend > 100`, `coalesce(spend, 0)`), and
 * a day in quotes beside a date.
 */
function commonType(nodes: readonly FormulaNode[], where: string): Typed {
  const firm = nodes.find((node) => !isLiteral(node) && !isDay(node)) ?? nodes.find(isDay);
  const type = firm?.type ?? 'number';
  if (type === 'instant')
    return mismatch(`${where} can’t take an instant; take a part of it, such as date(recorded_at).`);
  for (const node of nodes) {
    if (node.type === type || (isLiteral(node) && type === 'currency') || (isDay(node) && type === 'date')) continue;
    return mismatch(`${where} needs values of one kind, not ${type} and ${node.type}.`);
  }
  return ok(type);
}

export function typeOfUnary(operator: UnaryOperator, operand: FormulaNode): Typed {
  if (operator === 'not') {
    return operand.type === 'boolean'
      ? ok('boolean')
      : mismatch(`not needs a condition, not ${operand.type}; write not (a > b).`);
  }
  return isNumeric(operand.type) ? ok(operand.type) : mismatch(`A minus sign needs a number, not ${operand.type}.`);
}

function typeOfArithmetic(operator: '+' | '-' | '*' | '/' | '^', left: ValueType, right: ValueType): Typed {
  if (!isNumeric(left) || !isNumeric(right)) {
    return mismatch(`\`${operator}\` needs numbers, not ${isNumeric(left) ? right : left}.`);
  }
  const money = [left, right].filter((type) => type === 'currency').length;
  switch (operator) {
    case '+':
    case '-':
      if (money === 1) return mismatch(`\`${operator}\` can't mix currency and a plain number; both must be the same.`);
      return ok(left);
    case '*':
      if (money === 2)
        return mismatch('Currency times currency has no meaning; divide, or multiply by a plain number.');
      return ok(money === 1 ? 'currency' : 'number');
    case '/':
      return ok(left === 'currency' && right === 'number' ? 'currency' : 'number');
    case '^':
      return money > 0 ? mismatch('A power of currency has no meaning; take a ratio first.') : ok('number');
    default:
      return operator satisfies never;
  }
}

export function typeOfBinary(operator: BinaryOperator, left: FormulaNode, right: FormulaNode): Typed {
  switch (operator) {
    case '+':
    case '-':
    case '*':
    case '/':
    case '^':
      return typeOfArithmetic(operator, left.type, right.type);
    case 'and':
    case 'or': {
      const other = [left, right].find((node) => node.type !== 'boolean');
      return other ? mismatch(`${operator} needs conditions on both sides, not ${other.type}.`) : ok('boolean');
    }
    default: {
      const common = commonType([left, right], `\`${operator}\``);
      if ('mismatch' in common) return common;
      const ordered = operator !== '==' && operator !== '!=';
      if (ordered && common.type === 'boolean') return mismatch(`\`${operator}\` can't order true and false.`);
      return ok('boolean');
    }
  }
}

/** Fewest and most arguments of each function. */
export const ARITY: Readonly<Record<FormulaFunction, readonly [least: number, most: number]>> = {
  if: [3, 3],
  coalesce: [1, 50],
  nullif: [2, 2],
  round: [1, 2],
  abs: [1, 1],
  min: [1, 50],
  max: [1, 50],
  floor: [1, 1],
  ceil: [1, 1],
  sqrt: [1, 1],
  log: [1, 1],
  exp: [1, 1],
  pow: [2, 2],
  date: [1, 1],
  year: [1, 1],
  month: [1, 1],
  day: [1, 1],
  weekday: [1, 1],
  hour: [1, 1],
  concat: [2, 50],
  lower: [1, 1],
  upper: [1, 1],
};

/** @param args as many as {@link ARITY} allows */
export function typeOfCall(name: FormulaFunction, args: readonly FormulaNode[]): Typed {
  const [first] = args;
  if (!first) return mismatch(`${name} needs a value.`);
  switch (name) {
    case 'if':
      if (first.type !== 'boolean') return mismatch(`The first argument of if is a condition, not ${first.type}.`);
      return commonType(args.slice(1), 'if');
    case 'coalesce':
    case 'nullif':
      return commonType(args, name);
    case 'min':
    case 'max': {
      const common = commonType(args, name);
      return 'type' in common && !isNumeric(common.type)
        ? mismatch(`${name} needs numbers, not ${common.type}.`)
        : common;
    }
    case 'round':
    case 'abs':
    case 'floor':
    case 'ceil':
      return isNumeric(first.type) ? ok(first.type) : mismatch(`${name} needs a number, not ${first.type}.`);
    case 'sqrt':
    case 'log':
    case 'exp':
    case 'pow': {
      const other = args.find((arg) => arg.type !== 'number');
      if (!other) return ok('number');
      return mismatch(
        other.type === 'currency'
          ? `${name} of currency has no meaning; take a ratio first.`
          : `${name} needs a number, not ${other.type}.`,
      );
    }
    case 'date':
    case 'year':
    case 'month':
    case 'day':
    case 'weekday':
      if (first.type !== 'date' && first.type !== 'instant' && !isDay(first))
        return mismatch(`${name} needs a date or an instant, not ${first.type}.`);
      return ok(name === 'date' ? 'date' : 'number');
    case 'hour':
      return first.type === 'instant'
        ? ok('number')
        : mismatch(`hour needs an instant such as recorded_at, not ${first.type}.`);
    case 'concat':
    case 'lower':
    case 'upper': {
      const other = args.find((arg) => arg.type !== 'string');
      return other ? mismatch(`${name} needs texts, not ${other.type}.`) : ok('string');
    }
    default:
      return name satisfies never;
  }
}
