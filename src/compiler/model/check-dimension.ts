/** Checks a dimension: a field of the row, or a formula over its fields. */
import { fault, warning } from '../diagnostics/diagnostic.js';
import { parseFormula, type FormulaScope } from '../formula/parse.js';
import { valueTypeOf } from '../formula/typing.js';
import { readField } from './field-ref.js';
import { typeDoubt } from './formula-type.js';
import { isNumeric } from './result-type.js';
import type { Diagnostic, DimensionMember, MemberDefinition } from './types.js';

type Checked = Pick<DimensionMember, 'field' | 'formula' | 'tree' | 'depends_on'>;

export function checkDimension(definition: MemberDefinition, fields: FormulaScope, diagnostics: Diagnostic[]): Checked {
  if (definition.aggregation !== null) {
    const message = 'A dimension is not aggregated: remove the aggregation, or make it a metric.';
    diagnostics.push(fault('aggregation_on_dimension', '/aggregation', message));
  }
  if (definition.formula !== null) return checkComputed(definition, definition.formula, fields, diagnostics);
  const field = readField(definition.expression ?? definition.metric_key, '/expression', diagnostics);
  if (field.kind === 'rows') {
    diagnostics.push(fault('invalid_expression', '/expression', '`*` is for metrics that count rows.'));
  }
  if (field.kind === 'relation') {
    const message = `${field.relation} is for metrics; a dimension is a field of the row.`;
    diagnostics.push(fault('invalid_expression', '/expression', message));
  }
  return { field, depends_on: [] };
}

function checkComputed(
  { data_type: declared, expression }: MemberDefinition,
  formula: string,
  fields: FormulaScope,
  diagnostics: Diagnostic[],
): Checked {
  if (expression !== null) {
    const message = 'A computed dimension names its fields in the formula: remove the expression or the formula.';
    diagnostics.push(fault('invalid_expression', '/expression', message));
  }
  const { tree, diagnostics: found, depends_on } = parseFormula(formula, fields);
  diagnostics.push(...found);
  if (tree) {
    const isNumber = tree.type === 'number' || tree.type === 'currency';
    const doubt = isNumber && isNumeric(declared) ? typeDoubt(declared, tree) : undefined;
    if (isNumber !== isNumeric(declared) || (!isNumber && tree.type !== valueTypeOf(declared))) {
      const message = `The formula gives ${tree.type}; the data type says ${declared}.`;
      diagnostics.push(fault('type_mismatch', '/data_type', message));
    } else if (doubt !== undefined) {
      diagnostics.push(warning('type_mismatch', '/data_type', doubt));
    }
  }
  return { field: { kind: 'rows' }, formula, tree, depends_on };
}
