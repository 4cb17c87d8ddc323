import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { PageQuery } from '../common/page.js';
import { validationPipe } from '../common/validation.js';
import { AttributionDoors } from './attribution-doors.service.js';
import { AttributionSettingsChangeDto, CalculateDto, RunDto, RunListDto } from './attribution.dto.js';
import type { AttributionSettings } from '../attribution/models/settings.js';

const Id = (name = 'id', description = 'Id of the run.'): ParameterDecorator =>
  Args(name, { type: () => ID, description });
const Input = (door: string): ParameterDecorator =>
  Args('input', { type: () => GraphQLJSON, nullable: true, description: `The fields as in ${door}.` });
const shape = validationPipe();

/** Each of these is what the REST door of the same kind does. */
@Resolver(() => RunDto)
export class AttributionResolver {
  constructor(private readonly doors: AttributionDoors) {}

  @Query(() => RunListDto, { name: 'attributionRuns', description: 'Runs of attribution, newest first.' })
  @Allow('attribution:read')
  list(@CurrentIdentity() identity: Identity, @Args() query: PageQuery): Promise<RunListDto> {
    return this.doors.list(identity, query);
  }

  @Query(() => RunDto, { name: 'attributionRun', description: 'A run: how far it is, and what it gave.' })
  @Allow('attribution:read')
  get(@CurrentIdentity() identity: Identity, @Id() id: string): Promise<RunDto> {
    return this.doors.get(identity, id);
  }

  @Query(() => GraphQLJSON, {
    name: 'attributionDiff',
    description: 'Totals and conversions that differ from one run to another.',
  })
  @Allow('attribution:read')
  diff(
    @CurrentIdentity() identity: Identity,
    @Id() id: string,
    @Id('against', 'Id of the earlier run.') against: string,
  ): Promise<Record<string, unknown>> {
    return this.doors.diff(identity, id, against);
  }

  @Query(() => GraphQLJSON, {
    name: 'attributionSettings',
    description: 'Windows, shares, direct channels, own models, and what touchpoints and conversions are.',
  })
  @Allow('attribution:read')
  settings(@CurrentIdentity() identity: Identity): Promise<AttributionSettings> {
    return this.doors.settings(identity);
  }

  @Mutation(() => RunDto, {
    name: 'calculateAttribution',
    description: 'Begins a run; with `wait` it answers when the run is finished, if that is within a minute.',
  })
  @Allow('attribution:use')
  async calculate(
    @CurrentIdentity() identity: Identity,
    @Input('POST /api/analytics/attribution/calculate') input?: unknown,
  ): Promise<RunDto> {
    const body = (await shape.transform(input ?? {}, { type: 'body', metatype: CalculateDto })) as CalculateDto;
    return this.doors.calculate(identity, body);
  }

  @Mutation(() => RunDto, {
    name: 'cancelAttributionRun',
    description: 'Cancels a run: the engine stops; what was read before stays.',
  })
  @Allow('attribution:use')
  cancel(@CurrentIdentity() identity: Identity, @Id() id: string): Promise<RunDto> {
    return this.doors.cancel(identity, id);
  }

  @Mutation(() => GraphQLJSON, { name: 'changeAttributionSettings', description: 'What is absent stays.' })
  @Allow('attribution:configure')
  async change(
    @CurrentIdentity() identity: Identity,
    @Input('PUT /api/analytics/attribution/settings') input?: unknown,
  ): Promise<AttributionSettings> {
    const metatype = AttributionSettingsChangeDto;
    const body = (await shape.transform(input ?? {}, { type: 'body', metatype })) as AttributionSettingsChangeDto;
    return this.doors.changeSettings(identity, body);
  }
}
