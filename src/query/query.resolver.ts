import { Args, Context, Query, Resolver } from '@nestjs/graphql';
import type { FastifyReply } from 'fastify';
import { GraphQLJSON } from 'graphql-scalars';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { policyOf } from '../access/policy.js';
import { QueryResultDto } from './query.dto.js';
import { goneSignal } from './query-reply.service.js';
import { QueryService } from './query.service.js';
import { readReportRequest } from './request.js';

@Resolver(() => QueryResultDto)
export class QueryResolver {
  constructor(private readonly queries: QueryService) {}

  @Query(() => QueryResultDto, {
    name: 'query',
    description: 'Asks for numbers by name; the request is that of POST /api/query.',
  })
  @Allow('reports:create')
  query(
    @CurrentIdentity() identity: Identity,
    @Args('request', {
      type: () => GraphQLJSON,
      description: 'metrics, dimensions, filters, date_range, time_grain, …',
    })
    request: unknown,
    @Args('explain', { type: () => Boolean, nullable: true, description: 'Adds `meta.sql` and `meta.lineage`.' })
    explain: boolean | undefined,
    @Context() { reply }: { readonly reply: FastifyReply },
  ): Promise<QueryResultDto> {
    return this.queries.run(policyOf(identity), readReportRequest(request), {
      explain: explain ?? false,
      signal: goneSignal(reply),
    });
  }
}
