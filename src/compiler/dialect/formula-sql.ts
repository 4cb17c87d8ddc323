/**
 * A checked formula as SQL. Arithmetic is exact decimal, and the same in both dialects down to the last digit: × and ÷
 * are cut toward zero at 18 decimals, division by zero is null, and so is a part that outgrows what can be calculated
 * with (10^20 where another factor follows). What is null makes null, except in `coalesce` and in a condition of `if`,
 * where it does not hold. Nothing here raises an error when it runs.
 */
import { roundDigits } from '../formula/convert.js';
import { plainNumber } from '../formula/numbers.js';
import type { BinaryOperator, FormulaNode } from '../formula/types.js';
import type { DataType } from '../model/types.js';
import { FORMULA_DIALECTS } from './formula-dialect.js';
import type { FloatFunction, FormulaDialect } from './formula-dialect.js';
import {
  boundsOfChoice,
  boundsOfLiteral,
  boundsOfProduct,
  boundsOfQuotient,
  boundsOfRounded,
  boundsOfSum,
  GUARD_DIGITS,
  LARGEST_LEAF,
  LARGEST_PRODUCT,
  LARGEST_VALUE,
  SCALE,
} from './magnitude.js';
import type { Bounds } from './magnitude.js';
import type { DialectName } from './types.js';

/** Largest whole exponent that is multiplied out exactly; larger ones and fractions go through float64. */
const LARGEST_EXACT_EXPONENT = 12;
/** Where the parts stand in `YYYY-MM-DD HH:…`, from 1, and how many characters they have. */
const DATE_PARTS = {
  date: [1, 10],
  year: [1, 4],
  month: [6, 2],
  day: [9, 2],
  weekday: [1, 10],
  hour: [12, 2],
} as const;
const FLOAT_BOUNDS: Bounds = { largest: 29, decimals: 12 };
const NO_BOUNDS: Bounds = { largest: 0, decimals: 0 };

/** A piece of SQL; `atom` when it can stand beside any operator without parentheses. */
interface Piece {
  readonly sql: string;
  readonly atom: boolean;
  readonly bounds: Bounds;
}

const atom = (sql: string, bounds: Bounds = NO_BOUNDS): Piece => ({ sql, atom: true, bounds });
const wrap = (piece: Piece): string => (piece.atom ? piece.sql : `(${piece.sql})`);

/**
 * @param leaf the SQL of a member: for a metric a decimal, integer or null
 * @param isWide true for a member that is itself a calculation, so that its value may pass the 10^29 that a metric over
 *   rows can reach
 */
export function formulaToSql(
  tree: FormulaNode,
  dialect: DialectName,
  leaf: (key: string) => string,
  isWide: (key: string) => boolean = () => false,
): string {
  return wrap(new FormulaWriter(FORMULA_DIALECTS[dialect], leaf, isWide).write(tree));
}

/** The final value as a reader gets it: rounded half away from zero to nine decimals, or to a whole number. */
export function resultSql(sql: string, dialect: DialectName, dataType: DataType): string {
  const isNumber = dataType === 'integer' || dataType === 'float' || dataType === 'currency';
  return isNumber ? FORMULA_DIALECTS[dialect].result(sql, dataType === 'integer' ? 0 : 9) : sql;
}

class FormulaWriter {
  constructor(
    private readonly dialect: FormulaDialect,
    private readonly leaf: (key: string) => string,
    private readonly isWide: (key: string) => boolean,
  ) {}

  write(node: FormulaNode): Piece {
    switch (node.node) {
      case 'number': {
        const plain = plainNumber(node.text);
        if (plain === undefined) throw new Error('Unchecked number in a formula.');
        return atom(this.dialect.number(plain), boundsOfLiteral(plain));
      }
      case 'string':
        return atom(this.dialect.text(node.value));
      case 'boolean':
        return atom(node.value ? 'true' : 'false');
      case 'member':
        return this.member(node);
      case 'unary': {
        const operand = this.write(node.operand);
        return { ...operand, sql: node.operator === '-' ? `-(${operand.sql})` : `NOT (${operand.sql})`, atom: false };
      }
      case 'binary':
        return this.binary(node.operator, node.left, node.right);
      case 'call':
        return this.call(node);
      default:
        return node satisfies never;
    }
  }

  private member({ key, type, dataType }: FormulaNode & { node: 'member' }): Piece {
    if (type === 'string' || type === 'date') return atom(this.dialect.textLeaf(this.leaf(key)));
    if (type !== 'number' && type !== 'currency') return atom(`(${this.leaf(key)})`);
    const bounds = this.isWide(key)
      ? { largest: LARGEST_VALUE, decimals: SCALE }
      : { largest: LARGEST_LEAF, decimals: dataType === 'integer' ? 0 : 9 };
    return atom(this.dialect.leaf(this.leaf(key)), bounds);
  }

  private binary(operator: BinaryOperator, leftNode: FormulaNode, rightNode: FormulaNode): Piece {
    if (operator === '^') return this.power(leftNode, rightNode);
    const [left, right] = [this.write(leftNode), this.write(rightNode)];
    switch (operator) {
      case '+':
      case '-':
        return this.sum(operator, left, right, leftNode);
      case '*':
        return this.product(left, right);
      case '/':
        return this.quotient(left, right);
      case 'and':
      case 'or': {
        const chained = leftNode.node === 'binary' && leftNode.operator === operator;
        const sql = `${chained ? left.sql : wrap(left)} ${operator.toUpperCase()} ${wrap(right)}`;
        return { sql, atom: false, bounds: NO_BOUNDS };
      }
      default: {
        const sign = operator === '==' ? '=' : operator === '!=' ? '<>' : operator;
        return { sql: `${wrap(left)} ${sign} ${wrap(right)}`, atom: false, bounds: NO_BOUNDS };
      }
    }
  }

  private sum(operator: '+' | '-', left: Piece, right: Piece, leftNode: FormulaNode): Piece {
    const bounds = boundsOfSum(left.bounds, right.bounds);
    if (bounds.largest > LARGEST_VALUE) return this.sum(operator, this.guard(left), this.guard(right), leftNode);
    const chained = leftNode.node === 'binary' && (leftNode.operator === '+' || leftNode.operator === '-');
    return { sql: `${chained ? left.sql : wrap(left)} ${operator} ${wrap(right)}`, atom: false, bounds };
  }

  private product(left: Piece, right: Piece): Piece {
    const bounds = boundsOfProduct(left.bounds, right.bounds);
    if (bounds.largest > LARGEST_PRODUCT) return this.product(this.guard(left), this.guard(right));
    return atom(this.dialect.product(wrap(left), wrap(right)), bounds);
  }

  private quotient(left: Piece, right: Piece): Piece {
    const dividend = left.bounds.largest > LARGEST_PRODUCT ? this.guard(left) : left;
    return atom(this.dialect.quotient(wrap(dividend), wrap(right)), boundsOfQuotient(dividend.bounds, right.bounds));
  }

  /** The piece where its magnitude is below 10^digits, else null. */
  private guard(piece: Piece, digits: number = GUARD_DIGITS): Piece {
    if (piece.bounds.largest <= digits) return piece;
    const limit = this.dialect.number(`1${'0'.repeat(digits)}`);
    const sql = this.dialect.bind([piece.sql], ([v = '']) => this.dialect.choose(`abs(${v}) < ${limit}`, v, 'NULL'));
    return atom(sql, { ...piece.bounds, largest: digits });
  }

  private power(baseNode: FormulaNode, exponentNode: FormulaNode): Piece {
    const exponent = roundDigits(exponentNode);
    if (exponent === undefined || Math.abs(exponent) > LARGEST_EXACT_EXPONENT) {
      return this.float('pow', [baseNode, exponentNode]);
    }
    const base = this.write(baseNode);
    const positive = this.wholePower(base, Math.abs(exponent));
    return exponent < 0 ? this.quotient(atom(this.dialect.number('1'), boundsOfLiteral('1')), positive) : positive;
  }

  /** base × base × …, cut at each step; null where the result could pass what a product can hold. */
  private wholePower(base: Piece, exponent: number): Piece {
    if (exponent === 1) return base;
    const one = this.dialect.number('1');
    if (exponent === 0) {
      const sql = this.dialect.bind([base.sql], ([v]) => this.dialect.choose(`${v} IS NULL`, 'NULL', one));
      return atom(sql, boundsOfLiteral('1'));
    }
    const guarded = this.guard(base, Math.floor(LARGEST_PRODUCT / exponent));
    const sql = this.dialect.bind([guarded.sql], ([v = '']) => {
      let power = v;
      for (let step = 1; step < exponent; step++) power = this.dialect.product(power, v);
      return power;
    });
    const { largest, decimals } = guarded.bounds;
    return atom(sql, { largest: largest * exponent, decimals: Math.min(SCALE, decimals * exponent) });
  }

  private float(name: FloatFunction, args: readonly FormulaNode[]): Piece {
    const pieces = args.map((arg) => wrap(this.write(arg)));
    return atom(this.dialect.float(name, pieces), FLOAT_BOUNDS);
  }

  private call({ name, args }: FormulaNode & { node: 'call' }): Piece {
    const [firstNode, secondNode] = args;
    if (!firstNode) throw new Error('Unchecked call in a formula.');
    switch (name) {
      case 'sqrt':
      case 'log':
      case 'exp':
        return this.float(name, args);
      case 'pow':
        return secondNode ? this.power(firstNode, secondNode) : this.float(name, args);
      default:
    }
    const pieces = args.map((arg) => this.write(arg));
    const [first = atom('NULL'), second = atom('NULL'), third = atom('NULL')] = pieces;
    const list = pieces.map(({ sql }) => sql);
    switch (name) {
      case 'if':
        return atom(
          `(${this.dialect.choose(first.sql, second.sql, third.sql)})`,
          boundsOfChoice([second.bounds, third.bounds]),
        );
      case 'coalesce':
        return atom(`coalesce(${list.join(', ')})`, boundsOfChoice(pieces.map(({ bounds }) => bounds)));
      case 'nullif':
        return atom(this.dialect.nullIf(first.sql, second.sql), first.bounds);
      case 'min':
      case 'max': {
        const bounds = boundsOfChoice(pieces.map((piece) => piece.bounds));
        return pieces.length === 1 ? first : atom(this.extreme(name === 'min' ? 'least' : 'greatest', list), bounds);
      }
      case 'round': {
        const digits = secondNode ? (roundDigits(secondNode) ?? 0) : 0;
        return atom(this.dialect.round(first.sql, digits), boundsOfRounded(first.bounds, digits));
      }
      case 'floor':
      case 'ceil':
        return atom(`${name}(${first.sql})`, boundsOfRounded(first.bounds, 0));
      case 'abs':
        return atom(`abs(${first.sql})`, first.bounds);
      case 'date':
      case 'year':
      case 'month':
      case 'day':
      case 'weekday':
      case 'hour': {
        const [from, length] = DATE_PARTS[name];
        const text = firstNode.type === 'instant' ? this.dialect.clock(first.sql) : wrap(first);
        if (name === 'date')
          return atom(firstNode.type === 'instant' ? this.dialect.textPart(text, from, length) : text);
        const day = this.dialect.textPart(text, 1, 10);
        const sql = name === 'weekday' ? this.dialect.weekday(day) : this.dialect.numberPart(text, from, length);
        return atom(sql, { largest: 4, decimals: 0 });
      }
      case 'concat':
        return atom(this.dialect.concat(pieces.map(wrap)));
      case 'lower':
      case 'upper':
        return atom(this.dialect.letterCase(name, first.sql));
      default:
        return name satisfies never;
    }
  }

  /** The least or greatest of several values; null where one of them is. */
  private extreme(sqlName: 'least' | 'greatest', values: readonly string[]): string {
    return this.dialect.bind(values, (names) => {
      const anyNull = names.map((name) => `${name} IS NULL`).join(' OR ');
      return this.dialect.choose(anyNull, 'NULL', `${sqlName}(${names.join(', ')})`);
    });
  }
}
