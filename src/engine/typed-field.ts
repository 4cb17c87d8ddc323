/**
 * Payload fields that the engine stores in a typed column of their own, because every organisation sums them.
 * The values must fit: `integer` is a JSON number without fraction, `decimal` a JSON integer or a decimal string.
 */
export interface TypedField {
  readonly name: string;
  readonly type: 'integer' | 'decimal' | 'string';
}

const FIELD_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

/** Sorted by name and free of duplicates. Throws on a name that could not stand in SQL, or one with two types. */
export function checkTypedFields(fields: readonly TypedField[]): readonly TypedField[] {
  const byName = new Map<string, TypedField>();
  for (const field of fields) {
    if (!FIELD_NAME.test(field.name)) throw new Error(`"${field.name}" can not be a typed payload field`);
    const earlier = byName.get(field.name);
    if (earlier !== undefined && earlier.type !== field.type) {
      throw new Error(`Payload field "${field.name}" is declared as ${earlier.type} and as ${field.type}`);
    }
    byName.set(field.name, { name: field.name, type: field.type });
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
