import { Controller, Delete, Get, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { badRequest } from '../common/problem.js';
import { ratesOf } from './fx-body.js';
import { FxRateListDto, FxRatesDeletedDto, FxRatesQuery, FxRatesStoredDto } from './fx.dto.js';
import { FxService } from './fx.service.js';

@ApiTags('exchange rates')
@ApiBearerAuth()
@Controller('api/fx/rates')
export class FxController {
  constructor(private readonly rates: FxService) {}

  @Post()
  @Allow('data:write')
  @ApiOperation({
    summary: 'Import daily exchange rates',
    description:
      'One unit of `base` is worth `rate` units of `quote`, on a UTC day. JSON, NDJSON (one rate a line) or CSV with a header ' +
      'line (`base,quote,day,rate` and, if wanted, `source,as_of`). All or nothing; a rate of the same pair and day is ' +
      'restated. Every answer from then on uses them.',
  })
  @ApiConsumes('application/json', 'application/x-ndjson', 'text/csv')
  @ApiBody({
    schema: {
      type: 'object',
      example: {
        source: 'ecb',
        rates: [
          { base: 'EUR', quote: 'USD', day: '2026-01-30', rate: '1.0842', as_of: '2026-01-30T15:00:00Z' },
          { base: 'EUR', quote: 'GBP', day: '2026-01-30', rate: '0.8610' },
        ],
      },
    },
  })
  @ApiResponse({ status: 201, type: FxRatesStoredDto })
  @ApiResponse({ status: 422, description: '`invalid_rates`: each mistake with its place; nothing was stored.' })
  async store(@CurrentIdentity() identity: Identity, @Req() request: FastifyRequest): Promise<FxRatesStoredDto> {
    return this.rates.store(identity, await ratesOf(request));
  }

  @Get()
  @Allow('reports:read')
  @ApiOperation({
    summary: 'List exchange rates',
    description:
      'Those that count for the organisation, in order of pair and day, with source and time: its own, and the operator’s ' +
      '(`origin`: `installation`) for pairs and days for which it has none.',
  })
  @ApiResponse({ status: 200, type: FxRateListDto })
  list(@CurrentIdentity() { organizationId }: Identity, @Query() query: FxRatesQuery): Promise<FxRateListDto> {
    return this.rates.list(organizationId, query);
  }

  @Delete()
  @Allow('data:write')
  @ApiOperation({
    summary: 'Take exchange rates back',
    description:
      'Of one pair; from `from` to `to`, or all of them. Only the organisation’s own; where the operator has given rates for all, those count again.',
  })
  @ApiQuery({ name: 'base', required: true })
  @ApiQuery({ name: 'quote', required: true })
  @ApiResponse({ status: 200, type: FxRatesDeletedDto })
  async delete(@CurrentIdentity() identity: Identity, @Query() query: FxRatesQuery): Promise<FxRatesDeletedDto> {
    const missing = (['base', 'quote'] as const).filter((name) => query[name] === undefined);
    const faults = missing.map((name) => ({ code: 'wrong_value', message: `Name the ${name}.`, pointer: `/${name}` }));
    if (faults.length > 0) throw badRequest('invalid_request', 'Name the pair: base and quote.', faults);
    return this.rates.delete(identity, query);
  }
}
