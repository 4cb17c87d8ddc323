import type { TypedFields } from '../compiler/dialect/field-sql.js';
import type { TypedField } from '../engine/typed-field.js';
import type { Library } from '../compiler/model/library.js';

/** Standard payload fields that the engine stores as typed columns of their own. */
export const typedFields = (library: Library): TypedField[] =>
  library.fields.flatMap((field): TypedField[] => {
    switch (field.data_type) {
      case 'integer':
        return [{ name: field.name, type: 'integer' }];
      case 'currency':
      case 'float':
        return [{ name: field.name, type: 'decimal' }];
      default:
        return [];
    }
  });

/** Fields that the compiler has to know as typed columns. */
export const columnTypes = (library: Library): TypedFields =>
  Object.fromEntries(typedFields(library).flatMap(({ name, type }) => (type === 'string' ? [] : [[name, type]])));
