/**
 * From mathjs's tree to the checked {@link FormulaNode}. The parser saw the tokens under placeholder names (`t0`, `t1`,
 * …), so each leaf says which token it is, and every range follows from the tokens that a part spans. Only the kinds of
 * node listed here exist in the language; anything else is refused.
 */
import type { ConditionalNode, FunctionNode, MathNode, OperatorNode, ParenthesisNode, SymbolNode } from 'mathjs';
import { nearestNames } from '../../common/nearest.js';
import type { DataType, Diagnostic } from '../model/types.js';
import { plainNumber } from './numbers.js';
import { formulaError } from './tokens.js';
import type { Token } from './tokens.js';
import { ARITY, typeOfBinary, typeOfCall, typeOfUnary, valueTypeOf } from './typing.js';
import type { Typed } from './typing.js';
import type { BinaryOperator, FormulaFunction, FormulaNode, Range, RowFunction, ValueType } from './types.js';

export interface ScopeMember {
  readonly key: string;
  readonly dataType: DataType;
  /** Where it is not what the data type says. */
  readonly type?: ValueType;
  /** A base column, which is no member of the model. */
  readonly isColumn?: boolean;
  /** Why it may not stand in a formula. */
  readonly refused?: { readonly code: string; readonly message: string };
}

/** What a formula may name. */
export interface FormulaScope {
  /** Whether the formula is over the fields of one row, as a computed dimension's, and not over metrics. */
  readonly overRows?: boolean;
  /** The member behind a key or alias. */
  resolve(name: string): ScopeMember | undefined;
  /** All names that may be used, for suggestions. */
  names(): Iterable<string>;
}

/** A converted part with the indexes of its first and last token; no node where a part of it has an error. */
interface Part {
  readonly node: FormulaNode | null;
  readonly first: number;
  readonly last: number;
}

const BINARY: ReadonlySet<string> = new Set<BinaryOperator>([
  '+',
  '-',
  '*',
  '/',
  '^',
  '==',
  '!=',
  '<',
  '<=',
  '>',
  '>=',
  'and',
  'or',
]);
const isBinary = (operator: string): operator is BinaryOperator => BINARY.has(operator);
const FUNCTIONS = Object.keys(ARITY);
const isFunction = (name: string): name is FormulaFunction => FUNCTIONS.includes(name);
const ROW_FUNCTIONS: ReadonlySet<string> = new Set<RowFunction>([
  'date',
  'year',
  'month',
  'day',
  'weekday',
  'hour',
  'concat',
  'lower',
  'upper',
]);
const AGGREGATES: ReadonlySet<string> = new Set(['sum', 'avg', 'average', 'count', 'mean', 'total']);

/** Unknown names of one formula for which nearest ones are looked for: each costs a look at all names that there are. */
export const SUGGESTED_FOR = 10;

/** Converts one formula; errors collect in `diagnostics`. */
export class Converter {
  readonly diagnostics: Diagnostic[] = [];
  /** Keys of the members that the formula names. */
  readonly members = new Set<string>();
  private unknown = 0;

  constructor(
    private readonly tokens: readonly Token[],
    /** Index of the `)` that closes the `(` at an index. */
    private readonly closing: ReadonlyMap<number, number>,
    private readonly scope: FormulaScope,
  ) {}

  convert(root: MathNode): FormulaNode | null {
    const { node } = this.part(root);
    return this.diagnostics.length > 0 ? null : node;
  }

  private part(node: MathNode): Part {
    switch (node.type) {
      case 'SymbolNode':
        return this.leaf(node as SymbolNode);
      case 'ParenthesisNode': {
        const inner = this.part((node as ParenthesisNode).content);
        return { ...inner, first: inner.first - 1, last: inner.last + 1 };
      }
      case 'OperatorNode':
        return this.operator(node as OperatorNode);
      case 'ConditionalNode': {
        const { condition, trueExpr, falseExpr } = node as ConditionalNode;
        const parts = [condition, trueExpr, falseExpr].map((each) => this.part(each));
        return this.call('if', parts, parts[0]?.first ?? 0, parts[2]?.last ?? 0);
      }
      case 'FunctionNode':
        return this.functionCall(node as FunctionNode);
      case 'RelationalNode': {
        const parts = (node as MathNode & { params: MathNode[] }).params.map((each) => this.part(each));
        const [first, last] = [parts[0]?.first ?? 0, parts.at(-1)?.last ?? 0];
        return this.fail('unsupported_syntax', 'Comparisons do not chain: write a < b and b < c.', first, last);
      }
      default:
        return this.fail('unsupported_syntax', 'This is not part of the formula language.', 0, this.tokens.length - 1);
    }
  }

  private leaf(node: SymbolNode): Part {
    const index = Number(node.name.slice(1));
    const token = this.tokens[index];
    if (!token) return this.fail('unsupported_syntax', 'This is not part of the formula language.', 0, 0);
    return { node: this.leafNode(token, index), first: index, last: index };
  }

  private leafNode({ kind, text, range }: Token, index: number): FormulaNode | null {
    switch (kind) {
      case 'string':
        return { node: 'string', value: text, type: 'string', range };
      case 'boolean':
        return { node: 'boolean', value: text === 'true', type: 'boolean', range };
      case 'number':
        if (plainNumber(text) !== undefined) return { node: 'number', text, type: 'number', range };
        return this.fail(
          'number_out_of_range',
          'A number has at most 29 digits before the decimal point and 18 after it.',
          index,
          index,
        ).node;
      default:
        return this.member(text, range);
    }
  }

  private member(name: string, range: Range): FormulaNode | null {
    const found = this.scope.resolve(name);
    if (!found) {
      const suggestions = ++this.unknown > SUGGESTED_FOR ? [] : nearestNames(name, this.scope.names());
      const hint = suggestions.length > 0 ? `; did you mean ${suggestions.join(', ')}?` : '.';
      const what = this.scope.overRows ? 'dimension or field' : 'metric';
      const message = `No ${what} is called ${name}${hint}`;
      this.diagnostics.push({ ...formulaError('unknown_member', message, range, suggestions), missing: name });
      return null;
    }
    if (found.refused !== undefined) {
      this.diagnostics.push(formulaError(found.refused.code, found.refused.message, range));
      return null;
    }
    if (found.isColumn !== true) this.members.add(found.key);
    return {
      node: 'member',
      key: found.key,
      dataType: found.dataType,
      type: found.type ?? valueTypeOf(found.dataType),
      range,
    };
  }

  private operator(node: OperatorNode): Part {
    const [left, right] = node.args;
    if (node.args.length === 1 && left && (node.op === '-' || node.op === 'not')) {
      const inner = this.part(left);
      const [first, last] = [inner.first - 1, inner.last];
      const typed = inner.node && typeOfUnary(node.op, inner.node);
      return this.typed(typed, first, last, (type, range) =>
        inner.node ? { node: 'unary', operator: node.op as '-' | 'not', operand: inner.node, type, range } : null,
      );
    }
    const operator = node.op;
    if (node.args.length !== 2 || !left || !right || !isBinary(operator)) {
      return this.fail('unsupported_syntax', `\`${operator}\` can't be used like this.`, 0, this.tokens.length - 1);
    }
    const [a, b] = [this.part(left), this.part(right)];
    const typed = a.node && b.node && typeOfBinary(operator, a.node, b.node);
    return this.typed(typed, a.first, b.last, (type, range) =>
      a.node && b.node ? { node: 'binary', operator, left: a.node, right: b.node, type, range } : null,
    );
  }

  private functionCall(node: FunctionNode): Part {
    const index = Number((node.fn as unknown as SymbolNode).name.slice(1));
    const last = this.closing.get(index + 1) ?? index;
    const written = this.tokens[index]?.text ?? '';
    const name = written.toLowerCase();
    const args = node.args.map((arg) => this.part(arg));
    const known = this.scope.overRows ? FUNCTIONS : FUNCTIONS.filter((each) => !ROW_FUNCTIONS.has(each));
    if (isFunction(name) && known.includes(name)) return this.call(name, args, index, last);
    const range = this.range(index, index);
    if (AGGREGATES.has(name)) {
      const message = this.scope.overRows
        ? `A dimension is of one row, which has nothing to aggregate: write the field itself instead of ${written}(…).`
        : `A formula is over metrics that are already aggregated: write the metric itself instead of ${written}(…).`;
      this.diagnostics.push(formulaError('unknown_function', message, range));
    } else if (ROW_FUNCTIONS.has(name)) {
      const message = `${name} is for dimensions, whose formulas are over the fields of one row.`;
      this.diagnostics.push(formulaError('unknown_function', message, range));
    } else if (this.scope.resolve(written)) {
      const message = `${written} is a name, not a function: write ${written} * (…) to multiply.`;
      this.diagnostics.push(formulaError('unknown_function', message, range));
    } else {
      const suggestions = nearestNames(name, known);
      const hint = suggestions.length > 0 ? `; did you mean ${suggestions.join(', ')}?` : '.';
      const message = `There is no function ${written.slice(0, 63)}${hint} There are ${known.join(', ')}.`;
      this.diagnostics.push(formulaError('unknown_function', message, range, suggestions));
    }
    return { node: null, first: index, last };
  }

  private call(name: FormulaFunction, parts: readonly Part[], first: number, last: number): Part {
    const [least, most] = ARITY[name];
    if (parts.length < least || parts.length > most) {
      const wanted = least === most ? `${least}` : `${least} to ${most}`;
      const message = `${name} takes ${wanted} argument${most === 1 ? '' : 's'}, not ${parts.length}.`;
      return this.fail('wrong_argument_count', message, first, last);
    }
    const args = parts.flatMap(({ node }) => (node ? [node] : []));
    if (args.length < parts.length) return { node: null, first, last };
    const [, second] = args;
    if (name === 'round' && second && !isDigitCount(second)) {
      const message = 'The second argument of round is a whole number from -12 to 12.';
      this.diagnostics.push(formulaError('invalid_argument', message, second.range));
      return { node: null, first, last };
    }
    return this.typed(typeOfCall(name, args), first, last, (type, range) => ({
      node: 'call',
      name,
      args,
      type,
      range,
    }));
  }

  /** Builds a part when its types go together, else reports why they do not. */
  private typed(
    typed: Typed | null,
    first: number,
    last: number,
    build: (type: FormulaNode['type'], range: Range) => FormulaNode | null,
  ): Part {
    if (!typed) return { node: null, first, last };
    if ('mismatch' in typed) return this.fail('type_mismatch', typed.mismatch, first, last);
    return { node: build(typed.type, this.range(first, last)), first, last };
  }

  private fail(code: string, message: string, first: number, last: number): Part {
    this.diagnostics.push(formulaError(code, message, this.range(first, last)));
    return { node: null, first, last };
  }

  private range(first: number, last: number): Range {
    return [this.tokens[first]?.range[0] ?? 0, this.tokens[last]?.range[1] ?? 0];
  }
}

/** Digits that `round` may be asked for; see {@link roundDigits}. */
const isDigitCount = (node: FormulaNode): boolean => {
  const digits = roundDigits(node);
  return digits !== undefined && Math.abs(digits) <= 12;
};

/** The whole number that a literal such as `2` or `-3` means. */
export function roundDigits(node: FormulaNode): number | undefined {
  if (node.node === 'unary' && node.operator === '-') {
    const inner = roundDigits(node.operand);
    return inner === undefined ? undefined : 0 - inner;
  }
  if (node.node !== 'number') return undefined;
  const plain = plainNumber(node.text);
  return plain !== undefined && /^\d{1,2}$/.test(plain) ? Number(plain) : undefined;
}
