import { fault } from '../diagnostics/diagnostic.js';
import type { BaseColumn, Diagnostic, FieldRef } from './types.js';
import {
  ATTRIBUTION_MODELS,
  RELATION_COLUMNS,
  isAttributionModel,
  isRelation,
  type RelationName,
} from './relations.js';
import { BASE_COLUMNS } from './types.js';

const STEP = /^[A-Za-z_][A-Za-z0-9_ -]{0,62}$/;
const MOST_STEPS = 8;

const isBaseColumn = (name: string): name is BaseColumn => (BASE_COLUMNS as readonly string[]).includes(name);

/**
 * Where a plain member's value is read from.
 * @param text a base column; a payload field or dotted path into the payload (`device.os`, also written
 *   `data_payload.device.os`); `attribution_data.<path>`; or `*` for the row itself
 * @param pointer where `text` stands in the definition
 */
export function parseFieldRef(text: string, pointer = '/expression'): FieldRef | Diagnostic {
  if (text === '*') return { kind: 'rows' };
  if (isBaseColumn(text)) return { kind: 'column', column: text };
  if (text === 'organization_id') {
    return fault('invalid_expression', pointer, 'organization_id is the same for all rows of an organization.');
  }
  const steps = text.split('.');
  const [first = ''] = steps;
  if (isRelation(first)) return relationColumn(first, steps.slice(1), pointer);
  const root = first === 'attribution_data' ? 'attribution_data' : 'data_payload';
  const path = first === root ? steps.slice(1) : steps;
  if (path.length === 0) {
    return fault('invalid_expression', pointer, `${root} is an object: name a field in it, such as ${root}.revenue.`);
  }
  if (path.length > MOST_STEPS) {
    return fault('invalid_expression', pointer, `A path has at most ${MOST_STEPS} steps; this one has ${path.length}.`);
  }
  const wrong = path.find((step) => !STEP.test(step));
  if (wrong !== undefined) {
    const message = `\`${wrong.slice(0, 63)}\` can't be a field's name: it begins with a letter or _, and holds letters, digits, _, - and spaces, at most 63.`;
    return fault('invalid_expression', pointer, message);
  }
  return { kind: 'payload', root, path };
}

/** `<relation>.<column>`, or `revenue_attribution.<model>.<column>`. */
function relationColumn(relation: RelationName, steps: readonly string[], pointer: string): FieldRef | Diagnostic {
  const columns = Object.keys(RELATION_COLUMNS[relation]);
  const [model = null] = relation === 'revenue_attribution' && steps.length === 2 ? steps : [];
  const column = steps.at(-1) ?? '';
  if (model !== null && !isAttributionModel(model)) {
    const message = `There is no attribution model \`${model.slice(0, 63)}\`; models are ${ATTRIBUTION_MODELS.join(', ')}.`;
    return fault('invalid_expression', pointer, message);
  }
  if (steps.length !== (model === null ? 1 : 2) || !columns.includes(column)) {
    const message = `${relation} has the columns ${columns.join(', ')}: write ${relation}.${columns[0] ?? ''}.`;
    return fault('invalid_expression', pointer, message);
  }
  return { kind: 'relation', relation, column, model };
}

const isDiagnostic = (result: FieldRef | Diagnostic): result is Diagnostic => 'severity' in result;

/** Stands in for a place that could not be read; such a member is quarantined. */
const NOWHERE: FieldRef = { kind: 'payload', root: 'data_payload', path: [] };

/** As {@link parseFieldRef}, with what is wrong among the `diagnostics`. */
export function readField(text: string, pointer: string, diagnostics: Diagnostic[]): FieldRef {
  const field = parseFieldRef(text, pointer);
  if (!isDiagnostic(field)) return field;
  diagnostics.push(field);
  return NOWHERE;
}
