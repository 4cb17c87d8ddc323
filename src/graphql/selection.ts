import {
  GraphQLError,
  Kind,
  getArgumentValues,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type SelectionSetNode,
} from 'graphql';
import type { TimeGrain } from '../compiler/query/types.js';
import { TIME } from './inputs.js';

/** The keys that a document selects of the rows, fragments and directives heeded, and the grain of the time column. */
export function selected(
  info: GraphQLResolveInfo,
  type: GraphQLObjectType,
  keyOf: (name: string) => string,
): { keys: string[]; grain: TimeGrain | null } {
  const keys = new Set<string>();
  const grains = new Set<TimeGrain | null>();
  const skips = (node: FieldNode): boolean =>
    (node.directives ?? []).some((directive) => {
      const argument = directive.arguments?.[0]?.value;
      const value =
        argument?.kind === Kind.VARIABLE
          ? info.variableValues[argument.name.value]
          : argument?.kind === Kind.BOOLEAN
            ? argument.value
            : undefined;
      return (
        (directive.name.value === 'skip' && value === true) || (directive.name.value === 'include' && value === false)
      );
    });
  const visit = (set: SelectionSetNode | undefined): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value;
        if (name.startsWith('__') || skips(selection)) continue;
        const key = keyOf(name);
        keys.add(key);
        const field = type.getFields()[name];
        if (key === TIME && field) {
          grains.add((getArgumentValues(field, selection, info.variableValues).grain as TimeGrain | undefined) ?? null);
        }
      } else if (selection.kind === Kind.INLINE_FRAGMENT) visit(selection.selectionSet);
      else visit(info.fragments[selection.name.value]?.selectionSet);
    }
  };
  for (const node of info.fieldNodes) visit(node.selectionSet);
  if (grains.size > 1) {
    throw new GraphQLError(
      'recordedAt is selected with two different grains; use one grain in each `marketing` field.',
      {
        extensions: { code: 'invalid_request' },
      },
    );
  }
  return { keys: [...keys], grain: [...grains][0] ?? null };
}

/** Where in the answer a root field stands: its alias, or its name. */
export const pathOf = (info: GraphQLResolveInfo): string => String(info.path.key);
