/** A relation of the model as one select sees it. */
import type { Model } from '../../compiler/model/types.js';
import { columnName, list, type Fields } from '../ast.js';
import { unsupported } from '../mistake.js';
import type { Relation, RelationColumn } from '../relation.js';
import type { MemberOf } from './rewrite.js';
import type { Calendar } from './time-use.js';
import type { Scope } from './uses.js';

/** What there is to select from. */
export interface PlanContext {
  readonly relations: readonly Relation[];
  readonly model: Model;
  readonly calendar: Calendar;
  readonly isAggregate: (name: string) => boolean;
}

export interface LeafScope extends Scope {
  readonly relation: Relation;
  readonly memberOf: MemberOf;
  readonly calendar: Calendar;
}

/** Finds relations of the model by the `RangeVar` that names one. */
export interface ModelScopes {
  readonly isModel: (range: Fields) => boolean;
  /** @throws SqlMistake where the select gives its columns other names */
  readonly scopeOf: (range: Fields) => LeafScope;
}

export function modelScopes({ relations, model, calendar, isAggregate }: PlanContext): ModelScopes {
  const members = new Map(model.members.map((member) => [member.key, member]));
  const memberOf: MemberOf = (key) => members.get(key);
  const relationOf = ({ schemaname, relname }: Fields): Relation | undefined =>
    relations.find(({ schema, name }) => schema === schemaname && name === relname);
  const scopeOf = (range: Fields): LeafScope => {
    const relation = relationOf(range);
    if (!relation) throw new Error('Not a relation of the model.');
    const given = range.alias as Fields | undefined;
    if (list(given?.colnames).length > 0)
      throw unsupported('Columns can’t be renamed in FROM.', 'Rename them with AS.');
    const alias = String(given?.aliasname ?? relation.name);
    const columns = new Map(relation.columns.map((each) => [each.name, each]));
    const columnOf = (node: unknown): RelationColumn | undefined => {
      const names = columnName(node);
      if (!names || (names.length > 1 && names.at(-2) !== alias)) return undefined;
      return columns.get(names.at(-1) ?? '');
    };
    return { alias, columnOf, isAggregate, relation, memberOf, calendar };
  };
  return { isModel: (range) => relationOf(range) !== undefined, scopeOf };
}
