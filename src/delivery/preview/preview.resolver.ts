import { Args, Context, ID, Query, Resolver } from '@nestjs/graphql';
import type { FastifyReply } from 'fastify';
import { GraphQLJSON } from 'graphql-scalars';
import { CurrentIdentity, type Identity } from '../../access/identity.js';
import { Allow } from '../../access/permissions.js';
import { goneSignal } from '../../query/query-reply.service.js';
import { PreviewDto } from './preview.dto.js';
import { SchedulePreviews } from './preview.service.js';

@Resolver(() => PreviewDto)
export class PreviewResolver {
  constructor(private readonly previews: SchedulePreviews) {}

  @Query(() => PreviewDto, {
    name: 'previewReportSchedule',
    description: 'The mail that a schedule would send now, with your own rights. Nothing is sent or written down.',
  })
  @Allow('reports:deliver')
  preview(
    @CurrentIdentity() identity: Identity,
    @Args('id', { type: () => ID, description: 'The schedule’s id.' }) id: string,
    @Args('changes', { type: () => GraphQLJSON, nullable: true, description: 'Changes to look at; not saved.' })
    changes: unknown,
    @Context() { reply }: { readonly reply: FastifyReply },
  ): Promise<PreviewDto> {
    return this.previews.of(identity, id, changes, goneSignal(reply));
  }
}
