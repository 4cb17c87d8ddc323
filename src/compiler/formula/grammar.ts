/**
 * Checks that operands and operators alternate and that parentheses close, in one pass over the tokens, so that a
 * mistake is named at the place where it stands. The shape of the tree (precedence) is the parser's business.
 */
import type { Diagnostic } from '../model/types.js';
import { formulaError } from './tokens.js';
import type { Token } from './tokens.js';
import type { Range } from './types.js';

interface Frame {
  /** The opening parenthesis; absent for the formula as a whole. */
  readonly open?: Token;
  readonly isCall: boolean;
  /** `?` that still wait for their `:`. */
  waiting: Token[];
}

const isPunctuation = (token: Token | undefined, text: string): boolean =>
  token?.kind === 'punctuation' && token.text === text;
const quote = (token: Token): string => `\`${token.kind === 'string' ? `"${token.text}"` : token.text}\``;

const syntax = (message: string, range: Range): Diagnostic => formulaError('formula_syntax', message, range);

/** The first mistake in the order of the tokens, if any. */
export function checkOrder(tokens: readonly Token[]): Diagnostic | undefined {
  const end = tokens.at(-1)?.range[1] ?? 0;
  if (tokens.length === 0) return syntax('The formula is empty: write an expression such as revenue / spend.', [0, 0]);
  const frames: Frame[] = [{ isCall: false, waiting: [] }];
  let wantsOperand = true;
  for (const [index, token] of tokens.entries()) {
    const frame = frames.at(-1);
    if (!frame) break;
    const previous = tokens[index - 1];
    if (isPunctuation(token, '(')) {
      const isCall = previous?.kind === 'name';
      if (!wantsOperand && !isCall) return missingOperator(token);
      frames.push({ open: token, isCall, waiting: [] });
      wantsOperand = true;
      continue;
    }
    if (wantsOperand) {
      if (token.kind === 'operator' && token.text === '+') {
        return formulaError('unsupported_syntax', 'A plus sign needs a value on its left; leave it out.', token.range);
      }
      if (token.kind === 'operator' && (token.text === '-' || token.text === 'not')) continue;
      const emptyCall = isPunctuation(token, ')') && isPunctuation(previous, '(') && frame.isCall;
      if ((token.kind === 'operator' || token.kind === 'punctuation') && !emptyCall) {
        return syntax(`A value is missing before ${quote(token)}.`, token.range);
      }
      wantsOperand = false;
      if (emptyCall) frames.pop();
      continue;
    }
    if (token.kind === 'operator') {
      if (token.text === 'not') return missingOperator(token);
      wantsOperand = true;
      continue;
    }
    if (token.kind !== 'punctuation') return missingOperator(token);
    const waiting = frame.waiting.at(-1);
    switch (token.text) {
      case '?':
        frame.waiting.push(token);
        wantsOperand = true;
        break;
      case ':':
        if (!waiting) return syntax('This `:` has no `?` before it.', token.range);
        frame.waiting.pop();
        wantsOperand = true;
        break;
      default: {
        if (waiting)
          return syntax('This `?` has no `:`; write condition ? a : b, or if(condition, a, b).', waiting.range);
        if (token.text === ',') {
          if (!frame.isCall) return syntax('A comma only stands between the arguments of a function.', token.range);
          wantsOperand = true;
        } else {
          if (!frame.open) return syntax('This parenthesis was never opened.', token.range);
          frames.pop();
        }
      }
    }
  }
  return atEnd(frames, wantsOperand, tokens.at(-1), end);
}

function missingOperator(token: Token): Diagnostic {
  return syntax(`An operator is missing before ${quote(token)}; write * to multiply.`, token.range);
}

function atEnd(frames: readonly Frame[], wantsOperand: boolean, last: Token | undefined, end: number) {
  if (wantsOperand && last) return syntax(`The formula ends after ${quote(last)}: a value is missing.`, [end, end]);
  const frame = frames.at(-1);
  const waiting = frame?.waiting.at(-1);
  if (waiting) return syntax('This `?` has no `:`; write condition ? a : b, or if(condition, a, b).', waiting.range);
  if (frame?.open) return syntax('This parenthesis is never closed.', frame.open.range);
  return undefined;
}
