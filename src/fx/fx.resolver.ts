import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { FxRateDto, FxRateInput, FxRateListDto, FxRatesDeletedDto, FxRatesQuery, FxRatesStoredDto } from './fx.dto.js';
import { FxService } from './fx.service.js';
import { readRates } from './read-rates.js';

@Resolver(() => FxRateDto)
export class FxResolver {
  constructor(private readonly rates: FxService) {}

  @Query(() => FxRateListDto, { name: 'fxRates', description: 'Exchange rates, in order of pair and day.' })
  @Allow('reports:read')
  list(@CurrentIdentity() { organizationId }: Identity, @Args() query: FxRatesQuery): Promise<FxRateListDto> {
    return this.rates.list(organizationId, query);
  }

  @Mutation(() => FxRatesStoredDto, {
    name: 'importFxRates',
    description: 'Stores exchange rates, all or nothing; a rate of the same pair and day is restated.',
  })
  @Allow('data:write')
  store(
    @CurrentIdentity() identity: Identity,
    @Args('rates', { type: () => [FxRateInput], description: 'The rates.' }) rates: FxRateInput[],
  ): Promise<FxRatesStoredDto> {
    return this.rates.store(identity, readRates(rates, 'json'));
  }

  @Mutation(() => FxRatesDeletedDto, { name: 'deleteFxRates', description: 'Takes rates of one pair back.' })
  @Allow('data:write')
  delete(
    @CurrentIdentity() identity: Identity,
    @Args('base', { type: () => String, description: 'Of this currency.' }) base: string,
    @Args('quote', { type: () => String, description: 'In this currency.' }) quote: string,
    @Args('from', { type: () => String, nullable: true, description: 'First day.' }) from?: string,
    @Args('to', { type: () => String, nullable: true, description: 'Last day, included.' }) to?: string,
  ): Promise<FxRatesDeletedDto> {
    return this.rates.delete(identity, {
      base,
      quote,
      ...(from == null ? {} : { from }),
      ...(to == null ? {} : { to }),
    });
  }
}
