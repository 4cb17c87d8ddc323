/** Checks one definition by itself and turns it into a member; formulas are read here, but not yet followed. */
import { fault, hasFault, warning } from '../diagnostics/diagnostic.js';
import { parseFormula } from '../formula/parse.js';
import type { FormulaScope } from '../formula/parse.js';
import type { FormulaNode } from '../formula/types.js';
import { readField } from './field-ref.js';
import { checkConversion } from './check-conversion.js';
import { checkDimension } from './check-dimension.js';
import { checkWindow } from './check-window.js';
import { typeDoubt } from './formula-type.js';
import { kindConflicts } from './kinds.js';
import type { NamedDefinition, NameTable } from './names.js';
import { counts, isNumeric, resultType } from './result-type.js';
import { checkRowFilter, type CheckedFilter } from './row-filter.js';
import type {
  Additivity,
  Aggregation,
  Diagnostic,
  FormulaMetricMember,
  Member,
  MemberDefinition,
  Model,
} from './types.js';
import { RELATION_COLUMNS } from './relations.js';
import { AGGREGATIONS } from './types.js';
import type { FieldRef } from './types.js';

/** What a definition is checked against. */
export interface CheckContext {
  readonly names: NameTable;
  /** What formulas of metrics may name. */
  readonly formulas: FormulaScope;
  /** What formulas of dimensions may name. */
  readonly fields: FormulaScope;
  /** The dimensions, checked, as a model of their own; empty while dimensions themselves are checked. */
  readonly rows: Model;
}

/** The member, `quarantined` when it has a fault of its own. */
export function checkMember(named: NamedDefinition, context: CheckContext): Member {
  const { names, formulas } = context;
  const { definition, origin, aliases } = named;
  const diagnostics = [...named.diagnostics];
  const base = {
    key: definition.metric_key,
    standard_key: definition.standard_key,
    label: definition.display_label,
    description: definition.description,
    category: definition.category,
    data_type: resultType(definition, names),
    unit: definition.unit,
    aliases,
    origin,
    ...(definition.is_sensitive === true ? { is_sensitive: true as const } : {}),
  };
  const end = () => ({
    diagnostics,
    status: hasFault(diagnostics) ? ('quarantined' as const) : ('valid' as const),
  });
  if (definition.weight !== null && definition.aggregation !== 'weighted_avg') {
    diagnostics.push(warning('unused_weight', '/weight', 'Only the aggregation weighted_avg uses a weight.'));
  }
  diagnostics.push(...kindConflicts(definition));
  if (definition.metric_type === 'dimension') {
    const read = checkDimension(definition, context.fields, diagnostics);
    return { kind: 'dimension', ...base, additivity: definition.additivity, ...read, ...end() };
  }
  if (definition.window != null) {
    const read = checkWindow(definition, definition.window, names, diagnostics);
    return { kind: 'window', ...base, ...read, ...end() };
  }
  if (definition.conversion != null) {
    const read = checkConversion(definition, definition.conversion, context, diagnostics);
    return { kind: 'conversion', ...base, ...read, ...end() };
  }
  if (definition.formula !== null) {
    const { tree, depends_on } = checkFormula(definition, definition.formula, formulas, diagnostics);
    const additivity = formulaAdditivity(definition.additivity, tree, diagnostics);
    return { kind: 'formula', ...base, formula: definition.formula, tree, additivity, depends_on, ...end() };
  }
  const plain = checkPlain(definition, diagnostics);
  const { filter, named: depends_on } = checkOwnFilter(definition, context, diagnostics);
  return { kind: 'simple', ...base, ...plain, ...(filter && { filter }), depends_on, ...end() };
}

function checkPlain(definition: MemberDefinition, diagnostics: Diagnostic[]) {
  const { aggregation, data_type, expression, metric_key, weight } = definition;
  const field = readField(expression ?? metric_key, '/expression', diagnostics);
  if (aggregation === null) {
    const message = `A metric needs an aggregation (${AGGREGATIONS.join(', ')}) or a formula.`;
    diagnostics.push(fault('missing_aggregation', '/aggregation', message));
  }
  if (field.kind === 'rows' && aggregation !== 'count') {
    const message = '`*` stands for the row itself, which can only be counted: use the aggregation count.';
    diagnostics.push(fault('invalid_expression', '/expression', message));
  }
  if (aggregation !== null && !counts(aggregation)) {
    const isColumn = field.kind === 'column' || (field.kind === 'relation' && !isNumber(field));
    if (!isNumeric(data_type) || isColumn) {
      const what = isColumn ? `the column ${field.column}` : `a ${data_type}`;
      const message = `${aggregation} needs numbers, and ${what} is none: use count or distinct.`;
      diagnostics.push(fault('non_numeric_aggregation', '/aggregation', message));
    }
  }
  if (field.kind === 'relation' && aggregation === 'sum' && definition.additivity !== 'additive') {
    const message = `${field.relation} adds up over all its dimensions; leave out the additivity.`;
    diagnostics.push(fault('not_additive', '/additivity', message));
  }
  if (counts(aggregation) && data_type !== 'integer') {
    const message = `${aggregation} gives whole numbers, so the data type is integer, not ${data_type}.`;
    diagnostics.push(warning('type_mismatch', '/data_type', message));
  }
  return {
    field,
    aggregation: aggregation ?? 'count',
    weight: checkWeight(aggregation, weight, diagnostics),
    additivity: plainAdditivity(definition, diagnostics),
  };
}

const isNumber = ({ relation, column }: Extract<FieldRef, { kind: 'relation' }>): boolean =>
  (RELATION_COLUMNS[relation] as Readonly<Record<string, string>>)[column] === 'number';

function checkOwnFilter({ filter }: MemberDefinition, context: CheckContext, diagnostics: Diagnostic[]): CheckedFilter {
  if (filter == null) return { filter: null, named: [] };
  const checked = checkRowFilter(filter, '/filter', context, diagnostics);
  return { ...checked, named: [...checked.named].sort() };
}

function checkWeight(aggregation: Aggregation | null, weight: string | null, diagnostics: Diagnostic[]) {
  if (aggregation !== 'weighted_avg') return null;
  if (weight === null) {
    const message = 'weighted_avg needs a weight: the field that weighs each row, such as impressions.';
    diagnostics.push(fault('missing_weight', '/weight', message));
    return null;
  }
  const field = readField(weight, '/weight', diagnostics);
  if (field.kind !== 'payload') {
    diagnostics.push(fault('invalid_expression', '/weight', 'A weight is a field of the payload that holds numbers.'));
  }
  return field;
}

/** Averages and distinct counts of parts don't add up, whatever the definition says. */
function plainAdditivity({ aggregation, additivity }: MemberDefinition, diagnostics: Diagnostic[]): Additivity {
  if (additivity !== 'additive' || aggregation === 'sum' || aggregation === 'count' || aggregation === null) {
    return additivity;
  }
  // Balances of one moment add up over accounts; they don't over time.
  const additivityThen = aggregation === 'last' ? 'semi_additive' : 'non_additive';
  const message = `Results of ${aggregation} can't be added up, so this metric is ${additivityThen}.`;
  diagnostics.push(warning('not_additive', '/additivity', message));
  return additivityThen;
}

function checkFormula(
  definition: MemberDefinition,
  formula: string,
  scope: FormulaScope,
  diagnostics: Diagnostic[],
): Pick<FormulaMetricMember, 'tree' | 'depends_on'> {
  const { aggregation, data_type: declared, expression } = definition;
  if (aggregation !== null) {
    const message = 'A formula is over metrics that are already aggregated: remove the aggregation or the formula.';
    diagnostics.push(fault('formula_and_aggregation', '/aggregation', message));
  }
  if (expression !== null) {
    const message = 'A formula reads other metrics, not a field: remove the expression or the formula.';
    diagnostics.push(fault('invalid_expression', '/expression', message));
  }
  const { tree, diagnostics: found, depends_on } = parseFormula(formula, scope);
  diagnostics.push(...found);
  if (!isNumeric(declared)) {
    const message = `A formula gives a number: the data type is integer, float or currency, not ${declared}.`;
    diagnostics.push(fault('type_mismatch', '/data_type', message));
  } else if (tree) {
    const doubt = typeDoubt(declared, tree);
    if (doubt) diagnostics.push(warning('type_mismatch', '/data_type', doubt));
  }
  return { tree, depends_on };
}

function formulaAdditivity(declared: Additivity, tree: FormulaNode | null, diagnostics: Diagnostic[]): Additivity {
  if (declared !== 'additive' || tree === null || isLinear(tree)) return declared;
  const message = 'Only sums and differences of metrics can be added up; this metric is non_additive.';
  diagnostics.push(warning('not_additive', '/additivity', message));
  return 'non_additive';
}

/** Sums and differences of metrics, each times or divided by a number. */
function isLinear(node: FormulaNode): boolean {
  if (node.node === 'member') return true;
  if (node.node === 'unary') return isLinear(node.operand);
  if (node.node !== 'binary') return false;
  const { operator, left, right } = node;
  if (operator === '+' || operator === '-') return isLinear(left) && isLinear(right);
  if (operator === '*')
    return (left.node === 'number' && isLinear(right)) || (right.node === 'number' && isLinear(left));
  return operator === '/' && right.node === 'number' && isLinear(left);
}
