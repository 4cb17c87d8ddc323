import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { PageQuery } from '../common/page.js';
import type { AttributionSettings } from '../attribution/models/settings.js';
import { AttributionDoors } from './attribution-doors.service.js';
import { AttributionSettingsChangeDto, CalculateDto, DiffQuery, RunDto, RunListDto } from './attribution.dto.js';

@ApiTags('attribution')
@ApiBearerAuth()
@Controller('api/analytics/attribution')
export class AttributionController {
  constructor(private readonly doors: AttributionDoors) {}

  @Post('calculate')
  @Allow('attribution:use')
  @ApiOperation({
    summary: 'Run attribution',
    description:
      'A run of all time replaces the attribution that queries read, in one step when it is finished, and computes every model that is kept up to date. A run of a date range is an analysis beside it.',
  })
  @ApiBody({
    type: CalculateDto,
    examples: {
      compare: {
        value: { models: ['first_touch', 'linear', 'markov'], lookback_days: 30, by: 'data_source', wait: true },
      },
      january: { value: { models: ['linear'], date_range: { from: '2026-01-01', to: '2026-01-31' }, wait: true } },
    },
  })
  @ApiResponse({ status: 200, type: RunDto, description: 'The finished run.' })
  @ApiResponse({ status: 202, type: RunDto, description: 'It is under way: see /runs/:id.' })
  @ApiResponse({ status: 403, description: '`policy_not_supported_here`: some rows are hidden from the asker.' })
  @ApiResponse({ status: 422, description: '`unknown_model`, `invalid_attribution_settings`, `too_many_channels`.' })
  async calculate(
    @CurrentIdentity() identity: Identity,
    @Body() body: CalculateDto,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RunDto> {
    const run = await this.doors.calculate(identity, body);
    void reply.status(run.state === 'succeeded' ? 200 : 202);
    return run;
  }

  @Get('runs')
  @Allow('attribution:read')
  @ApiOperation({
    summary: 'Runs, newest first',
    description: 'Updates after imports included; 100 a page unless asked.',
  })
  @ApiResponse({ status: 200, type: RunListDto })
  @ApiResponse({ status: 400, description: '`invalid_cursor`' })
  list(@CurrentIdentity() identity: Identity, @Query() query: PageQuery): Promise<RunListDto> {
    return this.doors.list(identity, query);
  }

  @Get('runs/:id')
  @Allow('attribution:read')
  @ApiOperation({ summary: 'A run: how far it is, and what it gave' })
  @ApiResponse({ status: 200, type: RunDto })
  get(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<RunDto> {
    return this.doors.get(identity, id);
  }

  @Post('runs/:id/cancel')
  @HttpCode(202)
  @Allow('attribution:use')
  @ApiOperation({ summary: 'Cancel a run', description: 'The engine stops; what was read before stays.' })
  @ApiResponse({ status: 202, type: RunDto })
  @ApiResponse({ status: 409, description: '`run_is_finished`' })
  cancel(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<RunDto> {
    return this.doors.cancel(identity, id);
  }

  @Delete('runs/:id')
  @HttpCode(202)
  @Allow('attribution:use')
  @ApiOperation({ summary: 'Cancel a run' })
  @ApiResponse({ status: 202, type: RunDto })
  remove(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<RunDto> {
    return this.doors.cancel(identity, id);
  }

  @Get('runs/:id/diff')
  @Allow('attribution:read')
  @ApiOperation({
    summary: 'What changed from one run to another',
    description:
      'Totals by model and channel that differ, and the conversions behind them: new ones, ones that are gone, and ones whose revenue or credit differs, after a restatement, a refund or a merge of customers.',
  })
  @ApiResponse({ status: 200, schema: { type: 'object' } })
  @ApiResponse({ status: 410, description: '`run_not_kept`: the rows of one of the two are gone.' })
  diff(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Query() { against }: DiffQuery,
  ): Promise<Record<string, unknown>> {
    return this.doors.diff(identity, id, against);
  }

  @Get('settings')
  @Allow('attribution:read')
  @ApiOperation({ summary: 'Windows, shares, direct channels, own models, and what touchpoints and conversions are' })
  @ApiResponse({ status: 200, schema: { type: 'object' } })
  settings(@CurrentIdentity() identity: Identity): Promise<AttributionSettings> {
    return this.doors.settings(identity);
  }

  @Put('settings')
  @Allow('attribution:configure')
  @ApiOperation({ summary: 'Change the settings', description: 'Absent fields stay. The next update is a whole run.' })
  @ApiBody({
    type: AttributionSettingsChangeDto,
    examples: {
      own: { value: { custom_models: [{ key: 'closer', kind: 'position', start: [1], middle: 1, end: [3, 2] }] } },
      window: { value: { lookback_days: 60, direct: ['direct', 'none'] } },
    },
  })
  @ApiResponse({ status: 200, schema: { type: 'object' } })
  @ApiResponse({ status: 422, description: '`invalid_attribution_settings`: names each field that is wrong.' })
  change(
    @CurrentIdentity() identity: Identity,
    @Body() body: AttributionSettingsChangeDto,
  ): Promise<AttributionSettings> {
    return this.doors.changeSettings(identity, body);
  }
}
