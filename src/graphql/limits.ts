/**
 * Limits on what one GraphQL document may ask for, checked before anything runs: a document is small, and the work that
 * it orders must be, too. Fragments are counted where they are spread, so that nesting them does not hide anything.
 */
import { GraphQLError, Kind, type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql';

export const GRAPHQL_LIMITS = {
  /** Characters of a document. */
  length: 100_000,
  /** Levels of selection. */
  depth: 12,
  /** Selected fields altogether, each as often as it is spread. */
  fields: 2_000,
  /** Fields at the root, each of which is a query of its own. */
  rootFields: 20,
  /** Fields under another name than their own. */
  aliases: 200,
} as const;

const MOST_STEPS = 4 * GRAPHQL_LIMITS.fields;

const refuse = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'query_too_complex' } });

/** What is too much in a document, and what it costs. Introspection counts, too. */
export function weigh(document: DocumentNode): { readonly errors: GraphQLError[]; readonly questions: number } {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  let fields = 0;
  /** Selections of any kind: fragments that spread fragments are work even where they select nothing. */
  let steps = 0;
  let aliases = 0;
  let questions = 0;
  let tooDeep = false;
  const count = (set: SelectionSetNode, depth: number, spread: readonly string[]): number => {
    if (depth > GRAPHQL_LIMITS.depth) tooDeep = true;
    let here = 0;
    for (const selection of set.selections) {
      if (++steps > MOST_STEPS || fields > GRAPHQL_LIMITS.fields || tooDeep) break;
      if (selection.kind === Kind.FIELD) {
        fields++;
        if (selection.alias) aliases++;
        here++;
        if (selection.selectionSet) count(selection.selectionSet, depth + 1, spread);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        here += count(selection.selectionSet, depth, spread);
      } else {
        const name = selection.name.value;
        const fragment = fragments.get(name);
        // A fragment within itself is an error of its own, which validation reports.
        if (fragment && !spread.includes(name)) here += count(fragment.selectionSet, depth, [...spread, name]);
      }
    }
    return here;
  };
  const errors: GraphQLError[] = [];
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const root = count(definition.selectionSet, 1, []);
    questions = Math.max(questions, root);
    if (root > GRAPHQL_LIMITS.rootFields) {
      errors.push(refuse(`At most ${GRAPHQL_LIMITS.rootFields} fields at the root; this document has ${root}.`));
    }
  }
  if (tooDeep) errors.push(refuse(`The document is nested deeper than ${GRAPHQL_LIMITS.depth} levels.`));
  if (fields > GRAPHQL_LIMITS.fields || steps > MOST_STEPS) {
    errors.push(refuse(`The document selects more than ${GRAPHQL_LIMITS.fields} fields.`));
  }
  if (aliases > GRAPHQL_LIMITS.aliases) {
    errors.push(refuse(`The document gives more than ${GRAPHQL_LIMITS.aliases} fields another name.`));
  }
  return { errors, questions: Math.max(1, questions) };
}
