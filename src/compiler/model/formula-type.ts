import type { FormulaNode } from '../formula/types.js';
import type { DataType } from './types.js';

/** Functions that give whole numbers, whatever they are given. */
const WHOLE: ReadonlySet<string> = new Set(['floor', 'ceil', 'year', 'month', 'day', 'weekday', 'hour']);

/** Why a numeric data type may not be what the author means. */
export function typeDoubt(declared: DataType, tree: FormulaNode): string | undefined {
  if (tree.type === 'currency') {
    return declared === 'currency' ? undefined : `The formula gives currency; ${declared} shows it without one.`;
  }
  if (declared === 'currency') return 'The formula gives a plain number (currency divided by currency is a ratio).';
  return declared === 'integer' && !isWhole(tree) ? 'The result is rounded to a whole number.' : undefined;
}

/** True for a formula that can only give whole numbers. */
function isWhole(node: FormulaNode): boolean {
  switch (node.node) {
    case 'number':
      return /^\d+$/.test(node.text);
    case 'member':
      return node.dataType === 'integer';
    case 'unary':
      return isWhole(node.operand);
    case 'binary':
      return ['+', '-', '*'].includes(node.operator) && isWhole(node.left) && isWhole(node.right);
    case 'call':
      if (WHOLE.has(node.name)) return true;
      if (node.name === 'round') return node.args.length === 1;
      if (node.name === 'if') return node.args.slice(1).every(isWhole);
      return ['coalesce', 'nullif', 'abs', 'min', 'max'].includes(node.name) && node.args.every(isWhole);
    case 'string':
    case 'boolean':
      return false;
    default:
      return node satisfies never;
  }
}
