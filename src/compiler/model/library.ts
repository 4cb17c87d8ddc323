/**
 * The standard metric library, as YAML written by people (see `metrics-library/README.md`) and read into definitions.
 * A mistake in it is ours, not a user's: it stops the process and says in which file and entry it stands.
 */
import { parse as parseYaml } from 'yaml';
import type { Aggregation, Category, DataType, MemberDefinition, MetricType } from './types.js';
import { ADDITIVITIES, AGGREGATIONS, CATEGORIES, DATA_TYPES, METRIC_TYPES } from './types.js';

/** A standard field of the payload: its type is fixed, so that imports can check it and engines can store it as such. */
export interface LibraryField {
  readonly name: string;
  readonly label: string;
  readonly data_type: DataType;
  readonly description: string;
}

export interface Library {
  readonly fields: readonly LibraryField[];
  /** A plain metric or dimension for each field and base column, and the standard metrics. */
  readonly members: readonly MemberDefinition[];
}

type Entry = Readonly<Record<string, unknown>>;

const FIELD_PROPERTIES = new Set([
  'name',
  'label',
  'data_type',
  'aggregation',
  'weight',
  'additivity',
  'unit',
  'aliases',
  'description',
]);
const MEMBER_PROPERTIES = new Set([
  ...['key', 'label', 'description', 'category', 'metric_type', 'data_type', 'aggregation', 'formula'],
  ...['expression', 'weight', 'filter', 'window', 'conversion', 'additivity', 'unit', 'aliases'],
]);

/**
 * @param texts the YAML files, each with a list `fields`, a list `members`, or both
 * @throws Error that names the file (by its place in `texts`), the entry and the mistake
 */
export function parseLibrary(texts: readonly string[]): Library {
  const fields: LibraryField[] = [];
  const members: MemberDefinition[] = [];
  for (const [index, text] of texts.entries()) {
    const where = `metric library, file ${index + 1}`;
    const document = readDocument(text, where);
    for (const [position, entry] of document.fields.entries()) {
      const reader = new EntryReader(entry, `${where}, fields[${position}]`, 'name', FIELD_PROPERTIES);
      const field = readField(reader);
      fields.push(field.field);
      members.push(field.member);
    }
    for (const [position, entry] of document.members.entries()) {
      members.push(readMember(new EntryReader(entry, `${where}, members[${position}]`, 'key', MEMBER_PROPERTIES)));
    }
  }
  const seen = new Set<string>();
  for (const { metric_key: key } of members) {
    if (seen.has(key)) throw new Error(`metric library: ${key} is defined twice.`);
    seen.add(key);
  }
  return { fields, members };
}

function readDocument(text: string, where: string): { fields: Entry[]; members: Entry[] } {
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch (error) {
    throw new Error(`${where}: not readable as YAML: ${error instanceof Error ? error.message : ''}`, { cause: error });
  }
  if (!isEntry(document)) throw new Error(`${where}: expected \`fields\` or \`members\` at the top.`);
  const unknown = Object.keys(document).find((name) => name !== 'fields' && name !== 'members');
  if (unknown !== undefined) throw new Error(`${where}: unknown property ${unknown}; expected fields or members.`);
  const list = (name: 'fields' | 'members'): Entry[] => {
    const value = document[name] ?? [];
    if (!Array.isArray(value)) throw new Error(`${where}: ${name} must be a list.`);
    return value.map((entry: unknown, position) => {
      if (!isEntry(entry)) throw new Error(`${where}, ${name}[${position}]: expected an object.`);
      return entry;
    });
  };
  return { fields: list('fields'), members: list('members') };
}

const isEntry = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads properties of one entry, and names the entry in every error. */
class EntryReader {
  constructor(
    private readonly entry: Entry,
    private readonly place: string,
    nameProperty: string,
    allowed: ReadonlySet<string>,
  ) {
    const name = entry[nameProperty];
    if (typeof name === 'string') this.place = `${place} (${name})`;
    const unknown = Object.keys(entry).find((property) => !allowed.has(property));
    if (unknown !== undefined) throw new Error(`${this.place}: unknown property ${unknown}.`);
  }

  optional(property: string): string | null {
    const value = this.entry[property] ?? null;
    if (value !== null && typeof value !== 'string') throw new Error(`${this.place}: ${property} must be text.`);
    return value;
  }

  required(property: string): string {
    const value = this.optional(property);
    if (value === null || value.trim() === '') throw new Error(`${this.place}: ${property} is missing.`);
    return value.trim();
  }

  oneOf<T extends string>(property: string, allowed: readonly T[], otherwise?: T): T {
    const value = otherwise === undefined ? this.required(property) : (this.optional(property) ?? otherwise);
    const found = allowed.find((each) => each === value);
    if (found === undefined) throw new Error(`${this.place}: ${property} is ${value}; expected ${allowed.join(', ')}.`);
    return found;
  }

  /** As it stands; whoever builds the model reads it. */
  given(property: string): unknown {
    return this.entry[property] ?? undefined;
  }

  list(property: string): readonly string[] {
    const value = this.entry[property] ?? [];
    if (!Array.isArray(value) || !value.every((each) => typeof each === 'string')) {
      throw new Error(`${this.place}: ${property} must be a list of texts.`);
    }
    return value;
  }
}

interface Shape {
  readonly key: string;
  readonly type: MetricType;
  readonly dataType: DataType;
  readonly category: Category;
  readonly aggregation: Aggregation | null;
}

function toDefinition(reader: EntryReader, { key, type, dataType, category, aggregation }: Shape): MemberDefinition {
  const formula = reader.optional('formula')?.trim() ?? null;
  const addsUp = aggregation === 'sum' || aggregation === 'count' || type === 'dimension';
  return {
    metric_key: key,
    standard_key: key,
    display_label: reader.required('label'),
    description: reader.required('description'),
    category,
    metric_type: type,
    data_type: dataType,
    aggregation,
    formula,
    expression: reader.optional('expression'),
    weight: reader.optional('weight'),
    ...givenParts(reader),
    additivity: reader.oneOf('additivity', ADDITIVITIES, addsUp ? 'additive' : 'non_additive'),
    unit: reader.optional('unit'),
    alias_keys: reader.list('aliases'),
    source_tables: ['unified_marketing_data'],
  };
}

function givenParts(reader: EntryReader): Pick<MemberDefinition, 'filter' | 'window' | 'conversion'> {
  const parts = (['filter', 'window', 'conversion'] as const).map((part) => [part, reader.given(part)] as const);
  return Object.fromEntries(parts.filter(([, value]) => value !== undefined));
}

/** A field with numbers is a metric, summed unless it says otherwise; any other is a dimension. */
function readField(reader: EntryReader): { field: LibraryField; member: MemberDefinition } {
  const [name, dataType] = [reader.required('name'), reader.oneOf('data_type', DATA_TYPES)];
  const isMetric = dataType === 'integer' || dataType === 'float' || dataType === 'currency';
  const member = toDefinition(reader, {
    key: name,
    type: isMetric ? 'metric' : 'dimension',
    dataType,
    category: 'external',
    aggregation: isMetric ? reader.oneOf('aggregation', AGGREGATIONS, 'sum') : null,
  });
  const { display_label: label, description } = member;
  return { field: { name, label, data_type: dataType, description: description ?? '' }, member };
}

function readMember(reader: EntryReader): MemberDefinition {
  const aggregation = reader.optional('aggregation') === null ? null : reader.oneOf('aggregation', AGGREGATIONS);
  return toDefinition(reader, {
    key: reader.required('key'),
    type: reader.oneOf('metric_type', METRIC_TYPES, 'metric'),
    dataType: reader.oneOf('data_type', DATA_TYPES),
    category: reader.oneOf('category', CATEGORIES),
    aggregation,
  });
}
