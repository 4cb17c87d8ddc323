import type { DataType } from '../model/types.js';

/** What a formula's part evaluates to. `number` covers integer and float; an `instant` is only good for its parts. */
export type ValueType = 'number' | 'currency' | 'string' | 'boolean' | 'date' | 'instant';

/** Operators of the language, after names are normalised. */
export type BinaryOperator = '+' | '-' | '*' | '/' | '^' | '==' | '!=' | '<' | '<=' | '>' | '>=' | 'and' | 'or';
export type UnaryOperator = '-' | 'not';
/** The functions of the language; anything else is an error with the nearest names. */
export type FormulaFunction =
  | 'if'
  | 'coalesce'
  | 'nullif'
  | 'round'
  | 'abs'
  | 'min'
  | 'max'
  | 'floor'
  | 'ceil'
  | 'sqrt'
  | 'log'
  | 'exp'
  | 'pow'
  | RowFunction;
/** Functions that only formulas over the fields of a row have: those of computed dimensions. */
export type RowFunction = 'date' | 'year' | 'month' | 'day' | 'weekday' | 'hour' | 'concat' | 'lower' | 'upper';

/**
 * A checked formula: plain data, every name resolved to a member's key, every part typed. Division by zero is null.
 * Numbers are kept as the text that the user wrote, so that no literal passes through a float.
 */
export type FormulaNode =
  | { readonly node: 'number'; readonly text: string; readonly type: 'number'; readonly range: Range }
  | { readonly node: 'string'; readonly value: string; readonly type: 'string'; readonly range: Range }
  | { readonly node: 'boolean'; readonly value: boolean; readonly type: 'boolean'; readonly range: Range }
  | {
      readonly node: 'member';
      readonly key: string;
      readonly dataType: DataType;
      readonly type: ValueType;
      readonly range: Range;
    }
  | {
      readonly node: 'unary';
      readonly operator: UnaryOperator;
      readonly operand: FormulaNode;
      readonly type: ValueType;
      readonly range: Range;
    }
  | {
      readonly node: 'binary';
      readonly operator: BinaryOperator;
      readonly left: FormulaNode;
      readonly right: FormulaNode;
      readonly type: ValueType;
      readonly range: Range;
    }
  | {
      readonly node: 'call';
      readonly name: FormulaFunction;
      readonly args: readonly FormulaNode[];
      readonly type: ValueType;
      readonly range: Range;
    };

/** Character range `[from, to)` in the formula's text. */
export type Range = readonly [number, number];
