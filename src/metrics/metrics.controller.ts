import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { policyOf } from '../access/policy.js';
import { PageQuery, page } from '../common/page.js';
import { validationPipe } from '../common/validation.js';
import { CATEGORIES, METRIC_TYPES } from '../compiler/model/types.js';
import {
  CreateMetricDto,
  DeactivatedMetricDto,
  MetricDto,
  MetricListDto,
  MetricValidationDto,
  UpdateMetricDto,
  WrittenMetricDto,
} from './metric.dto.js';
import { MetricService } from './metric.service.js';

class ListMetricsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: METRIC_TYPES }) @IsOptional() @IsIn(METRIC_TYPES) metric_type?: string;
  @ApiPropertyOptional({ enum: CATEGORIES }) @IsOptional() @IsIn(CATEGORIES) category?: string;
  @ApiPropertyOptional({ description: 'Part of a key, label, alias or description.', example: 'roas' })
  @IsOptional()
  @IsString()
  q?: string;
  @ApiPropertyOptional({ enum: ['true', 'false'], default: 'true', description: '`false` lists the deactivated ones.' })
  @IsOptional()
  @IsIn(['true', 'false'])
  is_active?: string;
}

class ValidateMetricQuery {
  @ApiPropertyOptional({
    format: 'uuid',
    description: 'The definition that the body would change, as PATCH would; absent for a new one.',
  })
  @IsOptional()
  @IsString()
  id?: string;
}

/** For a body that must be whole although its route also takes a part of one. */
const whole = validationPipe();

@ApiTags('metrics')
@ApiBearerAuth()
@Controller('api/marketing')
export class MetricsController {
  constructor(private readonly metrics: MetricService) {}

  @Post('metrics')
  @Allow('metrics:write')
  @ApiOperation({ summary: 'Create a metric or dimension', description: 'Live in every query when it returns.' })
  @ApiResponse({ status: 201, type: WrittenMetricDto })
  @ApiResponse({ status: 409, description: '`duplicate_key`: the key is taken.' })
  @ApiResponse({
    status: 422,
    description: '`invalid_definition`: see errors[], with character ranges into a formula.',
  })
  create(@CurrentIdentity() identity: Identity, @Body() body: CreateMetricDto): Promise<WrittenMetricDto> {
    return this.metrics.create(identity, body);
  }

  @Get('metrics')
  @Allow('metrics:read')
  @ApiOperation({ summary: 'List all metrics and dimensions', description: 'The standard library included.' })
  @ApiResponse({ status: 200, type: MetricListDto })
  async list(@CurrentIdentity() identity: Identity, @Query() query: ListMetricsQuery): Promise<MetricListDto> {
    const active = query.is_active !== 'false';
    const metrics = await this.metrics.list(policyOf(identity), { ...query, is_active: active });
    // Several deactivated rows may have had one key.
    return page(metrics, query, (metric) => (active ? metric.metric_key : `${metric.metric_key}|${metric.id}`));
  }

  @Get('metrics/:id')
  @Allow('metrics:read')
  @ApiOperation({ summary: 'Read one metric or dimension' })
  @ApiResponse({ status: 200, type: MetricDto })
  get(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<MetricDto> {
    return this.metrics.get(policyOf(identity), id);
  }

  @Post('metrics/validate')
  @HttpCode(200)
  @Allow('metrics:write')
  @ApiOperation({
    summary: 'Check a definition without writing it',
    description:
      'Answers diagnostics, dependencies, the SQL, and what it would break: other metrics and saved views. With `?id=` the body is that of a PATCH; `{"is_active": false}` asks what deactivating would break.',
  })
  @ApiBody({ type: CreateMetricDto, description: 'A whole definition; with `?id=` any of these fields.' })
  @ApiResponse({ status: 200, type: MetricValidationDto })
  async validate(
    @CurrentIdentity() identity: Identity,
    @Query() { id }: ValidateMetricQuery,
    @Body() body: UpdateMetricDto,
  ): Promise<MetricValidationDto> {
    if (id !== undefined) return this.metrics.validate(identity.organizationId, { id, body });
    const given: unknown = { ...body };
    const definition = (await whole.transform(given, { type: 'body', metatype: CreateMetricDto })) as CreateMetricDto;
    return this.metrics.validate(identity.organizationId, { body: definition });
  }

  @Patch('metrics/:id')
  @Allow('metrics:write')
  @ApiOperation({
    summary: 'Change a metric or dimension',
    description:
      'Of a standard metric it makes the organisation’s own version. A new `metric_key` leaves the old one as an alias. The answer says which other metrics and saved views the change breaks or alters.',
  })
  @ApiBody({ type: CreateMetricDto, description: 'Any of these fields; what is absent stays.' })
  @ApiResponse({ status: 200, type: WrittenMetricDto })
  @ApiResponse({ status: 409, description: '`duplicate_key`: the new key is taken.' })
  update(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Body() body: UpdateMetricDto,
  ): Promise<WrittenMetricDto> {
    return this.metrics.update(identity, id, body);
  }

  @Delete('metrics/:id')
  @Allow('metrics:write')
  @ApiOperation({
    summary: 'Deactivate a metric or dimension',
    description:
      'Says which other metrics and saved views that breaks. Such a view is refused, with the reason, until the metric is back or the view no longer names it.',
  })
  @ApiResponse({ status: 200, type: DeactivatedMetricDto })
  deactivate(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<DeactivatedMetricDto> {
    return this.metrics.deactivate(identity, id);
  }
}
