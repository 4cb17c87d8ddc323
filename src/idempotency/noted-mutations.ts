import type { FastifyReply } from 'fastify';
import { GraphQLError, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import type { KeyedFastifyRequest } from './keyed-body.js';

/** What a mutation sees of its request. */
interface Context {
  readonly reply: FastifyReply;
}

/**
 * Lets the mutations of a schema note in a request with a key whether any of them did its work, which the status of a
 * GraphQL answer does not tell. After an unexpected error nobody knows how far the work had come.
 */
export function noteMutations(schema: GraphQLSchema): void {
  for (const field of Object.values(schema.getMutationType()?.getFields() ?? {})) {
    if (field.resolve) field.resolve = noted(field.resolve as GraphQLFieldResolver<unknown, Context>);
  }
}

const noted =
  (resolve: GraphQLFieldResolver<unknown, Context>): GraphQLFieldResolver<unknown, Context> =>
  async (...args) => {
    const { keyed } = args[2].reply.request as KeyedFastifyRequest;
    const done = (): void => void (keyed && (keyed.isDone = true));
    try {
      const value: unknown = await resolve(...args);
      done();
      return value;
    } catch (error) {
      if (!isMistake(error)) done();
      throw error;
    }
  };

/** See `ProblemFilter`. */
const isMistake = (error: unknown): boolean =>
  error instanceof GraphQLError && typeof error.extensions.status === 'number' && error.extensions.status < 500;
