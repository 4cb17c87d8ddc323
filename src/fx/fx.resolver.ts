import { Args, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { FxRateDto, FxRateInput, FxRateListDto, FxRatesDeletedDto, FxRatesStoredDto } from './fx.dto.js';
import { FxService } from './fx.service.js';
import { readRates } from './read-rates.js';

const text = (description: string) => ({ type: () => String, nullable: true, description });

@Resolver(() => FxRateDto)
export class FxResolver {
  constructor(private readonly rates: FxService) {}

  @Query(() => FxRateListDto, { name: 'fxRates', description: 'Exchange rates, in order of pair and day.' })
  @Allow('reports:read')
  list(
    @CurrentIdentity() { organizationId }: Identity,
    @Args('base', text('Only of this currency.')) base?: string,
    @Args('quote', text('Only in this currency.')) quote?: string,
    @Args('from', text('First day.')) from?: string,
    @Args('to', text('Last day, included.')) to?: string,
    @Args('limit', { type: () => Int, nullable: true, description: 'Most rates, up to 1,000.' }) limit?: number,
    @Args('cursor', text('`next_cursor` of the page before.')) cursor?: string,
  ): Promise<FxRateListDto> {
    const given = Object.entries({ base, quote, from, to, cursor }).filter(([, value]) => value != null);
    return this.rates.list(organizationId, {
      ...Object.fromEntries(given),
      limit: Math.min(Math.max(limit ?? 500, 1), 1_000),
    });
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
    @Args('from', text('First day.')) from?: string,
    @Args('to', text('Last day, included.')) to?: string,
  ): Promise<FxRatesDeletedDto> {
    return this.rates.delete(identity, {
      base,
      quote,
      ...(from == null ? {} : { from }),
      ...(to == null ? {} : { to }),
    });
  }
}
