import {
  GraphQLError,
  Kind,
  getArgumentValues,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
} from 'graphql';
import type { TimeGrain } from '../compiler/query/types.js';
import { TIME } from './inputs.js';
import type { ResultField } from './result-fields.js';

export const invalidRequest = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'invalid_request' } });

/** The fields below `nodes` by name, fragments and directives heeded. */
export function fieldsBelow(nodes: readonly FieldNode[], info: GraphQLResolveInfo): ReadonlyMap<string, FieldNode[]> {
  const found = new Map<string, FieldNode[]>();
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
  const visit = (set: FieldNode['selectionSet']): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value;
        if (!name.startsWith('__') && !skips(selection)) found.set(name, [...(found.get(name) ?? []), selection]);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) visit(selection.selectionSet);
      else visit(info.fragments[selection.name.value]?.selectionSet);
    }
  };
  for (const node of nodes) visit(node.selectionSet);
  return found;
}

/** What a document selects of rows. */
export interface SelectedColumns {
  /** Keys of the members, each once. */
  readonly keys: readonly string[];
  /** Of the time column. */
  readonly grain: TimeGrain | null;
}

interface Given {
  readonly grain?: TimeGrain | null;
  /** Attribution model that is meant by this field. */
  readonly model?: string | null;
}

/**
 * @param type of the rows
 * @param given the arguments of the field that are there
 * @throws GraphQLError for two grains, and for a field that needs an argument
 */
export function selectedColumns(
  nodes: readonly FieldNode[],
  info: GraphQLResolveInfo,
  type: GraphQLObjectType,
  fields: ReadonlyMap<string, ResultField>,
  given: { readonly compare: boolean; readonly top: boolean },
): SelectedColumns {
  const keys = new Set<string>();
  const grains = new Set<TimeGrain | null>();
  for (const [name, selections] of fieldsBelow(nodes, info)) {
    const field = fields.get(name);
    if (field === undefined) continue;
    if (field.needs !== null && !given[field.needs]) {
      throw invalidRequest(`\`${name}\` is there with the argument \`${field.needs}\` only.`);
    }
    const config = type.getFields()[name];
    for (const selection of selections) {
      const { grain, model } = (config ? getArgumentValues(config, selection, info.variableValues) : {}) as Given;
      keys.add(model ? `${field.member.key}:${model}` : field.member.key);
      if (field.column === TIME) grains.add(grain ?? null);
    }
  }
  if (grains.size > 1) {
    throw invalidRequest('recordedAt is selected with two different grains; use one grain in each `marketing` field.');
  }
  return { keys: [...keys], grain: [...grains][0] ?? null };
}

/** Where in the answer a root field stands: its alias, or its name. */
export const pathOf = (info: GraphQLResolveInfo): string => String(info.path.key);
