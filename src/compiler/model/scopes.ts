/** Which names may stand where in a definition. */
import type { FormulaScope } from '../formula/parse.js';
import type { NameTable } from './names.js';
import type { MemberDefinition } from './types.js';
import { BASE_COLUMNS } from './types.js';
import { resultType } from './result-type.js';

/** The members that formulas of metrics may name. */
export function formulaScope(names: NameTable): FormulaScope {
  return {
    resolve(name) {
      const key = names.keys.get(name);
      const found = key === undefined ? undefined : names.definitions.get(key);
      if (!found) return undefined;
      const { definition } = found;
      const named = { key: definition.metric_key, dataType: resultType(definition, names) };
      if (definition.metric_type === 'dimension') {
        const message = `${name} is a dimension; a formula is over metrics. Use it to group or to filter, or make a metric that counts it.`;
        return { ...named, refused: { code: 'dimension_in_formula', message } };
      }
      return named;
    },
    *names() {
      for (const [name, key] of names.keys) {
        const definition = names.definitions.get(key)?.definition;
        if (definition?.metric_type === 'metric') yield name;
      }
    },
  };
}

const isRowColumn = (name: string): boolean => (BASE_COLUMNS as readonly string[]).includes(name) && name !== 'id';
const NUMBER_OF_A_ROW: ReadonlySet<string | null> = new Set([
  ...['sum', 'avg', 'weighted_avg', 'min', 'max', 'median', 'last'],
]);
/** A plain metric stands for its field; one that counts, chooses rows or calculates has no value in a row. */
const hasRowValue = (definition: MemberDefinition): boolean =>
  definition.metric_type === 'dimension' ||
  (NUMBER_OF_A_ROW.has(definition.aggregation) &&
    (['formula', 'window', 'conversion', 'filter'] as const).every((part) => definition[part] == null));

/** What formulas of dimensions may name: dimensions, the fields of plain metrics, and base columns. */
export function rowScope(names: NameTable): FormulaScope {
  return {
    overRows: true,
    resolve(name) {
      if (name === 'recorded_at') return { key: name, dataType: 'date', type: 'instant', isColumn: true };
      const key = names.keys.get(name);
      const definition = key === undefined ? undefined : names.definitions.get(key)?.definition;
      if (!definition) return isRowColumn(name) ? { key: name, dataType: 'string', isColumn: true } : undefined;
      const { metric_key, data_type: dataType, expression } = definition;
      if (!hasRowValue(definition)) {
        const message = `${name} is calculated over many rows; a dimension is of one row. Name the field behind it.`;
        return { key: metric_key, dataType, refused: { code: 'metric_in_dimension', message } };
      }
      const isInstant = definition.metric_type === 'dimension' && dataType === 'string' && expression === 'recorded_at';
      return { key: metric_key, dataType, ...(isInstant ? { type: 'instant' } : {}) };
    },
    *names() {
      for (const column of BASE_COLUMNS) if (isRowColumn(column)) yield column;
      for (const [name, key] of names.keys) {
        const definition = names.definitions.get(key)?.definition;
        if (definition && hasRowValue(definition)) yield name;
      }
    },
  };
}
