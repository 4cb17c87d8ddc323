/** Checks a window: a metric that looks at another one over time or beside its peers. */
import { nearestNames } from '../../common/nearest.js';
import { fault, warning } from '../diagnostics/diagnostic.js';
import type { NameTable } from './names.js';
import { isFraction, resultType } from './result-type.js';
import type {
  Additivity,
  DataType,
  Diagnostic,
  MemberDefinition,
  WindowDefinition,
  WindowMetricMember,
} from './types.js';
import { BASE_COLUMNS, WINDOW_UNITS } from './types.js';

const KINDS = ['cumulative', 'rolling', 'to_date', 'previous', 'share'] as const;
type Kind = (typeof KINDS)[number];
const FIELDS: Readonly<Record<Kind, readonly string[]>> = {
  cumulative: [],
  rolling: ['count', 'unit'],
  to_date: ['unit'],
  previous: ['count', 'unit', 'output'],
  share: ['within'],
};
const TO_DATE_UNITS = ['week', 'month', 'quarter', 'year'] as const;
const PREVIOUS_UNITS = [...WINDOW_UNITS, 'period'] as const;
const OUTPUTS = ['value', 'difference', 'change'] as const;
/** Of the dense time axis that a window is calculated over. */
export const LONGEST_WINDOW = 1_000;

/** Stands in for a window that could not be read; such a member is quarantined. */
const UNREADABLE: WindowDefinition = { kind: 'cumulative', metric: '' };

type Checked = Pick<WindowMetricMember, 'window' | 'depends_on' | 'data_type' | 'unit' | 'additivity'>;

/** @param window what the author wrote: JSON, of whatever shape */
export function checkWindow(
  definition: MemberDefinition,
  window: unknown,
  names: NameTable,
  diagnostics: Diagnostic[],
): Checked {
  const reader = new WindowReader(window, names, diagnostics);
  const read = reader.window();
  const base = reader.base;
  const fraction = read !== undefined && isFraction(read);
  const data_type: DataType = fraction ? 'float' : base ? resultType(base, names) : definition.data_type;
  if (read && base && data_type !== definition.data_type) {
    const why = fraction ? 'A share or a change is a fraction' : `${base.metric_key} is ${data_type}`;
    diagnostics.push(warning('type_mismatch', '/data_type', `${why}, so the data type is ${data_type}.`));
  }
  return {
    window: read ?? UNREADABLE,
    depends_on: [...reader.named].sort(),
    data_type,
    unit: definition.unit ?? (fraction ? '%' : (base?.unit ?? null)),
    additivity: windowAdditivity(definition.additivity, diagnostics),
  };
}

function windowAdditivity(declared: Additivity, diagnostics: Diagnostic[]): Additivity {
  if (declared !== 'additive') return declared;
  const message = 'Results of a window can’t be added up, so this metric is non_additive.';
  diagnostics.push(warning('not_additive', '/additivity', message));
  return 'non_additive';
}

class WindowReader {
  /** Keys of the members that the window names. */
  readonly named = new Set<string>();
  /** The metric that it looks at, once {@link window} has found it. */
  base: MemberDefinition | undefined;
  private readonly fields: Readonly<Record<string, unknown>>;

  constructor(
    private readonly given: unknown,
    private readonly names: NameTable,
    private readonly diagnostics: Diagnostic[],
  ) {
    this.fields = isObject(given) ? given : {};
  }

  /** Undefined after a fault. */
  window(): WindowDefinition | undefined {
    if (!isObject(this.given)) {
      return this.fail(
        'invalid_window',
        '',
        'A window is an object such as { "kind": "cumulative", "metric": "spend" }.',
      );
    }
    const kind = this.oneOf('kind', KINDS);
    if (kind === undefined) return undefined;
    const known = ['kind', 'metric', ...FIELDS[kind]];
    for (const name of Object.keys(this.fields)) {
      if (known.includes(name)) continue;
      const message = `A window of the kind ${kind} has no ${name.slice(0, 63)}; it has ${known.join(', ')}.`;
      this.fail('invalid_window', `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, message);
    }
    const before = this.diagnostics.length;
    const read = this.ofKind(kind);
    return this.diagnostics.length === before ? read : undefined;
  }

  private ofKind(kind: Kind): WindowDefinition | undefined {
    const metric = this.metric();
    switch (kind) {
      case 'cumulative':
        return metric === undefined ? undefined : { kind, metric };
      case 'rolling': {
        const [count, unit] = [this.count(), this.oneOf('unit', WINDOW_UNITS)];
        return metric === undefined || !count || !unit ? undefined : { kind, metric, count, unit };
      }
      case 'to_date': {
        const unit = this.oneOf('unit', TO_DATE_UNITS);
        return metric === undefined || !unit ? undefined : { kind, metric, unit };
      }
      case 'previous': {
        const [count, unit] = [this.count(), this.oneOf('unit', PREVIOUS_UNITS)];
        const output = this.oneOf('output', OUTPUTS);
        return metric === undefined || !count || !unit || !output ? undefined : { kind, metric, count, unit, output };
      }
      case 'share':
        return metric === undefined ? undefined : { kind, metric, within: this.within() };
      default:
        return kind satisfies never;
    }
  }

  private metric(): string | undefined {
    const name = this.fields['metric'];
    if (typeof name !== 'string') return this.fail('invalid_window', '/metric', 'Name the metric that it looks at.');
    const definition = this.definition(name);
    if (!definition) return this.unknown(name, '/metric', 'metric');
    this.named.add(definition.metric_key);
    if (definition.metric_type === 'dimension') {
      return this.fail('dimension_in_window', '/metric', `${name} is a dimension; a window looks at a metric.`);
    }
    this.base = definition;
    return definition.metric_key;
  }

  /** Keys of dimensions, each once. */
  private within(): string[] {
    const given = this.fields['within'] ?? [];
    if (!Array.isArray(given)) {
      this.fail(
        'invalid_window',
        '/within',
        'Name the dimensions in a list: the share is of the total of each of their groups.',
      );
      return [];
    }
    const keys = (given as unknown[]).map((name, index) => this.dimension(name, `/within/${index}`));
    return [...new Set(keys.filter((key) => key !== undefined))];
  }

  private dimension(name: unknown, pointer: string): string | undefined {
    if (typeof name !== 'string') return this.fail('invalid_window', pointer, 'Expected the key of a dimension.');
    const definition = this.definition(name);
    if (!definition) {
      return (BASE_COLUMNS as readonly string[]).includes(name) && name !== 'id'
        ? name
        : this.unknown(name, pointer, 'dimension');
    }
    if (definition.metric_type === 'metric') {
      return this.fail('metric_in_window', pointer, `${name} is a metric; a share is within groups of dimensions.`);
    }
    this.named.add(definition.metric_key);
    return definition.metric_key;
  }

  private count(): number | undefined {
    const count = this.fields['count'];
    if (typeof count === 'number' && Number.isInteger(count) && count >= 1 && count <= LONGEST_WINDOW) return count;
    return this.fail('invalid_window', '/count', `count is a whole number from 1 to ${LONGEST_WINDOW}.`);
  }

  private oneOf<T extends string>(field: string, allowed: readonly T[]): T | undefined {
    const value = this.fields[field];
    const found = allowed.find((each) => each === value);
    return found ?? this.fail('invalid_window', `/${field}`, `${field} is one of ${allowed.join(', ')}.`, allowed);
  }

  private definition(name: string): MemberDefinition | undefined {
    const key = this.names.keys.get(name);
    return key === undefined ? undefined : this.names.definitions.get(key)?.definition;
  }

  private unknown(name: string, pointer: string, wanted: 'metric' | 'dimension'): undefined {
    const known = [...this.names.keys.keys()].filter((each) => this.definition(each)?.metric_type === wanted);
    const suggestions = nearestNames(name, known);
    const hint = suggestions.length > 0 ? `; did you mean ${suggestions.join(', ')}?` : '.';
    const message = `No ${wanted} is called ${name.slice(0, 63)}${hint}`;
    return this.fail('unknown_member', pointer, message, suggestions, { missing: name.slice(0, 63) });
  }

  private fail(
    code: string,
    pointer: string,
    message: string,
    suggestions: readonly string[] = [],
    more: Pick<Diagnostic, 'missing'> = {},
  ): undefined {
    const known = suggestions.length > 0 ? { suggestions } : {};
    this.diagnostics.push(fault(code, `/window${pointer}`, message, { ...known, ...more }));
    return undefined;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
