import type { FormulaNode } from './types.js';

const CHAINS: readonly (readonly string[])[] = [['+', '-'], ['and'], ['or']];

/** True where `left` and the operator after it are written one after the other, without going deeper. */
const chains = (operator: string, left: FormulaNode): boolean =>
  left.node === 'binary' && CHAINS.some((chain) => chain.includes(operator) && chain.includes(left.operator));

/**
 * How deep a formula's parts stand inside each other; a chain of sums counts as one level.
 * @param depthOf the depth of what stands behind a member, 1 for a plain metric
 */
export function nesting(node: FormulaNode, depthOf: (key: string) => number = () => 1): number {
  switch (node.node) {
    case 'number':
    case 'string':
    case 'boolean':
      return 1;
    case 'member':
      return depthOf(node.key);
    case 'unary':
      return nesting(node.operand, depthOf) + 1;
    case 'binary': {
      const left = nesting(node.left, depthOf) + (chains(node.operator, node.left) ? 0 : 1);
      return Math.max(left, nesting(node.right, depthOf) + 1);
    }
    case 'call':
      return Math.max(...node.args.map((arg) => nesting(arg, depthOf))) + 1;
    default:
      return node satisfies never;
  }
}
