/** Reads a formula's text into a checked tree. The text is parsed, never evaluated. */
import { create, parseDependencies } from 'mathjs/number';
import type { MathNode } from 'mathjs';
import type { Diagnostic } from '../model/types.js';
import { Converter } from './convert.js';
import type { FormulaScope } from './convert.js';
import { checkOrder } from './grammar.js';
import { nesting } from './nesting.js';
import { FORMULA_LIMITS, formulaError, tokenize } from './tokens.js';
import type { Token } from './tokens.js';
import type { FormulaNode } from './types.js';

export type { FormulaScope } from './convert.js';

// mathjs types every set of dependencies as optional; this one is always there.
const { parse } = create(parseDependencies ?? {});

export interface ParsedFormula {
  /** Null exactly when `diagnostics` holds an error. */
  readonly tree: FormulaNode | null;
  readonly diagnostics: readonly Diagnostic[];
  /** Keys of the members that the formula names, sorted; filled as far as names could be read, even beside errors. */
  readonly depends_on: readonly string[];
}

const failed = (diagnostic: Diagnostic): ParsedFormula => ({ tree: null, diagnostics: [diagnostic], depends_on: [] });

/**
 * Reads `text` in the language of formulas: numbers, text in quotes, true and false, names that `scope` knows,
 * `+ - * / ^`, comparisons, `and or not`, `condition ? a : b` and the functions of `FormulaFunction`. Keywords and
 * function names are understood in any case. Safe on hostile input: limits are checked before the parser runs.
 */
export function parseFormula(text: string, scope: FormulaScope): ParsedFormula {
  const read = tokenize(text);
  if (!read.ok) return failed(read.diagnostic);
  const tokens = read.value;
  const misplaced = checkOrder(tokens);
  if (misplaced) return failed(misplaced);
  const { source, starts } = placeholders(tokens);
  let root: MathNode;
  try {
    root = parse(source);
  } catch (error) {
    return failed(syntaxError(error, tokens, starts));
  }
  const converter = new Converter(tokens, closingParentheses(tokens), scope);
  const tree = converter.convert(root);
  const { diagnostics, members } = converter;
  const depends_on = [...members].sort();
  const refused = (diagnostic: Diagnostic): ParsedFormula => ({ tree: null, diagnostics: [diagnostic], depends_on });
  if (tree?.type === 'instant') {
    const message = 'An instant by itself can’t be grouped; take a part of it, such as date(recorded_at).';
    return refused(formulaError('type_mismatch', message, tree.range));
  }
  if (tree && !scope.overRows && tree.type !== 'number' && tree.type !== 'currency') {
    const message = `The formula of a metric must give a number, not ${tree.type}; write if(condition, 1, 0) to count one.`;
    return refused(formulaError('type_mismatch', message, tree.range));
  }
  if (tree && nesting(tree) > FORMULA_LIMITS.nesting) {
    const message = `A formula nests at most ${FORMULA_LIMITS.nesting} deep. Split it into several metrics.`;
    return refused(formulaError('formula_too_deep', message, tree.range));
  }
  return { tree, diagnostics, depends_on };
}

/** The formula with each operand replaced by `t<index of its token>`, so that the parser knows no name or number. */
function placeholders(tokens: readonly Token[]): { source: string; starts: readonly number[] } {
  let source = '';
  const starts = tokens.map((token, index) => {
    const start = source.length;
    const isOperand = token.kind !== 'operator' && token.kind !== 'punctuation';
    source += `${isOperand ? `t${index}` : token.text} `;
    return start;
  });
  return { source, starts };
}

function closingParentheses(tokens: readonly Token[]): ReadonlyMap<number, number> {
  const closing = new Map<number, number>();
  const open: number[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'punctuation') continue;
    if (token.text === '(') open.push(index);
    if (token.text === ')') closing.set(open.pop() ?? index, index);
  }
  return closing;
}

/** What the parser could not read though the order of tokens was right; it names a character of its own text. */
function syntaxError(error: unknown, tokens: readonly Token[], starts: readonly number[]): Diagnostic {
  const char = error instanceof SyntaxError && 'char' in error ? Number(error.char) - 1 : 0;
  const index = Math.max(
    0,
    starts.findLastIndex((start) => start <= char),
  );
  const message = 'The formula can not be read from here on; add parentheses to say what belongs together.';
  return formulaError('formula_syntax', message, tokens[index]?.range ?? [0, 0]);
}
