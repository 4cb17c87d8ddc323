/** Which names may stand where in a definition. */
import type { FormulaScope } from '../formula/parse.js';
import type { NameTable } from './names.js';
import { resultType } from './result-type.js';

/** The members that formulas of metrics may name. */
export function formulaScope(names: NameTable): FormulaScope {
  return {
    resolve(name) {
      const key = names.keys.get(name);
      const found = key === undefined ? undefined : names.definitions.get(key);
      if (!found) return undefined;
      const { definition } = found;
      const named = { key: definition.metric_key, dataType: resultType(definition) };
      if (definition.metric_type === 'dimension') {
        const message = `${name} is a dimension; a formula is over metrics. Use it to group or to filter, or make a metric that counts it.`;
        return { ...named, refused: { code: 'dimension_in_formula', message } };
      }
      if (definition.window != null) {
        const message = `${name} looks over time or beside its peers, which comes after all formulas. Write the formula over ${name}’s own metric, and make a window over that.`;
        return { ...named, refused: { code: 'window_in_formula', message } };
      }
      return named;
    },
    *names() {
      for (const [name, key] of names.keys) {
        const definition = names.definitions.get(key)?.definition;
        if (definition?.metric_type === 'metric' && definition.window == null) yield name;
      }
    },
  };
}
