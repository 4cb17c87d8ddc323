import type { TestServer } from './server.js';

type Json = Record<string, unknown>;
interface TypeRef {
  readonly kind: string;
  readonly name: string | null;
  readonly ofType: TypeRef | null;
}
interface RootField {
  readonly name: string;
  readonly args: readonly { readonly name: string; readonly type: TypeRef; readonly defaultValue: string | null }[];
  readonly type: TypeRef;
}

/** A field at the root of the schema, as the running server tells it. */
export interface GraphqlField {
  readonly operation: 'query' | 'mutation';
  readonly args: readonly { readonly name: string; readonly isRequired: boolean; readonly isScalar: boolean }[];
  /** A document that asks for it, with the values of some arguments. @param selection of an object's fields */
  call(values: Json, selection?: string): [document: string, variables: Json];
}

const ROOT = `fields { name args { name defaultValue type { ...T } } type { ...T } }`;
const TYPE = `fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }`;

const bare = (type: TypeRef): TypeRef => (type.ofType ? bare(type.ofType) : type);
const written = ({ kind, name, ofType }: TypeRef): string =>
  kind === 'NON_NULL' && ofType
    ? `${written(ofType)}!`
    : kind === 'LIST' && ofType
      ? `[${written(ofType)}]`
      : (name ?? '');

/** All fields at the root of the management schema, by name. */
export async function graphqlFields(server: TestServer): Promise<ReadonlyMap<string, GraphqlField>> {
  const { data } = await server.graphql<{ __schema: Record<string, { fields: RootField[] }> }>(
    `{ __schema { queryType { ${ROOT} } mutationType { ${ROOT} } } } ${TYPE}`,
    {},
    null,
  );
  const of = (operation: 'query' | 'mutation'): [string, GraphqlField][] =>
    (data?.__schema[`${operation}Type`]?.fields ?? []).map((field) => [field.name, fieldOf(field, operation)]);
  return new Map([...of('query'), ...of('mutation')]);
}

const fieldOf = ({ name, args, type }: RootField, operation: 'query' | 'mutation'): GraphqlField => ({
  operation,
  args: args.map((arg) => ({
    name: arg.name,
    isRequired: arg.type.kind === 'NON_NULL' && arg.defaultValue === null,
    isScalar: bare(arg.type).kind === 'SCALAR',
  })),
  call(values, selection = '__typename') {
    const passed = args.filter((arg) => arg.name in values);
    const head = passed.map((arg) => `$${arg.name}: ${written(arg.type)}`).join(', ');
    const given = passed.map((arg) => `${arg.name}: $${arg.name}`).join(', ');
    const fields = bare(type).kind === 'OBJECT' ? ` { ${selection} }` : '';
    return [
      `${operation} M${head && `(${head})`} { ${name}${given && `(${given})`}${fields} }`,
      Object.fromEntries(passed.map((arg) => [arg.name, values[arg.name]])),
    ];
  },
});
