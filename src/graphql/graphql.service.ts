import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import type { FastifyReply } from 'fastify';
import {
  GraphQLError,
  GraphQLObjectType,
  GraphQLSchema,
  execute,
  getOperationAST,
  parse,
  specifiedRules,
  validate,
  type DocumentNode,
  type ExecutionResult,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { Authenticator } from '../access/authenticator.service.js';
import type { Identity, RequestWithIdentity } from '../access/identity.js';
import { refused } from '../access/api-key.service.js';
import { can, forbidden } from '../access/permissions.js';
import { policyOf } from '../access/policy.js';
import { Problem } from '../common/problem.js';
import { problemBody, toProblem } from '../common/problem.filter.js';
import { visibleModel } from '../compiler/model/visibility.js';
import type { KeyedFastifyRequest } from '../idempotency/keyed-body.js';
import { KeyedRequests } from '../idempotency/keyed-requests.service.js';
import { noteMutations } from '../idempotency/noted-mutations.js';
import { StoredAnswer } from '../idempotency/stored-answer.js';
import { RequestLimits } from '../limits/request-limits.service.js';
import { ModelService } from '../metrics/model.service.js';
import { goneSignal } from '../query/query-reply.service.js';
import { Plans } from '../plans/plans.service.js';
import { QueryService } from '../query/query.service.js';
import { GRAPHQL_LIMITS, weigh } from './limits.js';
import { modelFields } from './model-schema.js';

/** What a client sends: the body of a POST, or the query string of a GET. */
export interface GraphqlRequest {
  readonly query?: unknown;
  readonly variables?: unknown;
  readonly operationName?: unknown;
}

/** What resolvers see. Nest's guards find the request through `reply`. */
interface Context {
  readonly reply: FastifyReply;
  readonly identity: Identity | null;
  /** What to tell beside the rows, by root field. */
  readonly notes: Record<string, unknown>;
}

/** A document that may run, or what is wrong with it. */
interface ReadDocument {
  readonly document: DocumentNode | null;
  readonly errors: readonly GraphQLError[];
  /** Fields at its root. */
  readonly questions: number;
}
const refusedDocument = (errors: readonly GraphQLError[]): ReadDocument => ({ document: null, errors, questions: 0 });

/**
 * Answers GraphQL documents. The schema is the management schema (Nest, code-first) and, for who is known, the typed
 * fields of the organisation's own live model; both are executed together, with the same limits and errors.
 */
@Injectable()
export class GraphqlService implements OnApplicationBootstrap {
  private readonly logger = new Logger('GraphQL');
  /** By snapshot hash and what is hidden: who sees equal models shares a schema. */
  private readonly schemas = new LRUCache<string, GraphQLSchema>({ max: 100 });

  constructor(
    private readonly host: GraphQLSchemaHost,
    private readonly authenticator: Authenticator,
    private readonly models: ModelService,
    private readonly queries: QueryService,
    private readonly requests: RequestLimits,
    private readonly plans: Plans,
    private readonly keyedRequests: KeyedRequests,
  ) {}

  onApplicationBootstrap(): void {
    noteMutations(this.host.schema);
  }

  /**
   * @param only `query`: refuse documents with a mutation (a GET must not change anything)
   * @returns the HTTP status and the body; never throws for what a client did wrong
   * @throws StoredAnswer when a mutation was answered before under its Idempotency-Key
   */
  async answer(
    body: GraphqlRequest,
    reply: FastifyReply,
    only?: 'query',
  ): Promise<{ status: number; body: ExecutionResult }> {
    const request = reply.request as RequestWithIdentity & KeyedFastifyRequest;
    try {
      // Without a key the management schema can be explored; its fields refuse by themselves.
      const identity = request.headers.authorization ? await this.authenticator.identify(request, 'graphql') : null;
      const schema = identity ? await this.schemaOf(identity) : this.host.schema;
      const { document, errors, questions } = this.read(body.query, schema);
      if (!document) return { status: 400, body: { errors } };
      // Each question counts as a request; the document itself was counted as one.
      if (identity && questions > 1) await this.requests.count(identity, questions - 1);
      if (only === 'query' && document.definitions.some((part) => 'operation' in part && part.operation !== 'query')) {
        throw new Problem(405, 'method_not_allowed', 'Send mutations by POST.');
      }
      const operationName = typeof body.operationName === 'string' ? body.operationName : null;
      // Reading again changes nothing, so that a key is of no meaning for it.
      if (identity && request.keyed && getOperationAST(document, operationName)?.operation === 'mutation') {
        await this.keyedRequests.claim(request, identity);
        request.keyed.isDone = false;
      }
      const context: Context = { reply, identity, notes: {} };
      const result = await execute({
        schema,
        document,
        contextValue: context,
        variableValues: variablesOf(body.variables),
        operationName,
      });
      return { status: 200, body: this.shown(result, context) };
    } catch (error) {
      if (error instanceof StoredAnswer) throw error;
      const problem = toProblem(error, this.logger);
      void reply.headers(problem.headers);
      return { status: problem.status, body: { errors: [errorOf(problem)] } };
    }
  }

  private read(query: unknown, schema: GraphQLSchema): ReadDocument {
    if (typeof query !== 'string' || query.trim() === '') {
      throw new Problem(400, 'invalid_request', 'Send a document: { "query": "{ … }", "variables": { … } }.');
    }
    if (query.length > GRAPHQL_LIMITS.length) {
      throw new Problem(400, 'query_too_complex', `A document may have ${GRAPHQL_LIMITS.length} characters.`);
    }
    try {
      const document = parse(query, { maxTokens: 20_000 });
      const { errors: tooMuch, questions } = weigh(document);
      if (tooMuch.length > 0) return refusedDocument(tooMuch);
      const errors = validate(schema, document, specifiedRules, { maxErrors: 20 });
      if (errors.length > 0) return refusedDocument(errors.map((error) => withCode(error, 'graphql_invalid')));
      return { document, errors, questions };
    } catch (error) {
      if (error instanceof GraphQLError) return refusedDocument([withCode(error, 'graphql_syntax')]);
      throw error;
    }
  }

  private async schemaOf(identity: Identity): Promise<GraphQLSchema> {
    const { snapshot } = await this.models.live(identity.organizationId);
    const policy = policyOf(identity);
    const key = `${snapshot.hash}:${policy.hidden.length === 0 ? '' : policy.digest}`;
    const known = this.schemas.get(key);
    if (known) return known;
    const model = visibleModel(snapshot.model, policy);
    const config = this.host.schema.toConfig();
    const root = config.query?.toConfig();
    const schema = new GraphQLSchema({
      ...config,
      types: config.types.filter((type) => type !== config.query),
      query: new GraphQLObjectType({
        name: root?.name ?? 'Query',
        description: root?.description,
        fields: { ...root?.fields, ...modelFields<Context>(model, (...args) => this.fetch(...args)) },
      }),
    });
    this.schemas.set(key, schema);
    return schema;
  }

  private async fetch(
    request: Parameters<QueryService['run']>[1],
    { identity, notes, reply }: Context,
    path: string,
  ): ReturnType<Parameters<typeof modelFields<Context>>[1]> {
    if (!identity) throw refused();
    if (!can(identity, 'reports:create')) throw forbidden(identity, 'reports:create');
    await this.plans.require(identity, 'advanced_analytics');
    const answer = await this.queries.run(policyOf(identity), request, { signal: goneSignal(reply) });
    const { snapshot, data_as_of, date_range, compare, currency, time_zone, truncated, warnings } = answer.meta;
    notes[path] = {
      ...{ snapshot, data_as_of, date_range, ...(compare ? { compare } : {}), ...(currency ? { currency } : {}) },
      ...{ time_zone, truncated, warnings },
    };
    return answer;
  }

  /** Our errors with their codes, unexpected ones without details; notes of typed fields under `extensions`. */
  private shown(result: ExecutionResult, context: Context): ExecutionResult {
    const errors = result.errors?.map((error) => {
      // A value that a variable's type refuses is wrapped, and yet the client's mistake.
      const { extensions, originalError } = error;
      if (extensions.code !== undefined || !originalError || originalError instanceof GraphQLError)
        return withCode(error, 'graphql_invalid');
      return errorOf(toProblem(error.originalError, this.logger), error);
    });
    return {
      ...(errors ? { errors } : {}),
      ...(result.data === undefined ? {} : { data: result.data }),
      ...(Object.keys(context.notes).length > 0 ? { extensions: { marketing: context.notes } } : {}),
    };
  }
}

const withCode = (error: GraphQLError, code: string): GraphQLError => {
  error.extensions.code ??= code;
  return error;
};

const errorOf = (problem: Problem, at?: GraphQLError): GraphQLError =>
  new GraphQLError(problem.detail, {
    nodes: at?.nodes,
    path: at?.path,
    extensions: problemBody(problem),
  });

function variablesOf(variables: unknown): Record<string, unknown> {
  if (variables === undefined || variables === null || variables === '') return {};
  let read: unknown = variables;
  try {
    if (typeof variables === 'string') read = JSON.parse(variables);
  } catch {
    read = null;
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) {
    throw new Problem(400, 'invalid_request', '`variables` must be a JSON object.');
  }
  return read as Record<string, unknown>;
}
