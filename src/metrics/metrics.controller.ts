import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { PageQuery, page } from '../common/page.js';
import { CATEGORIES, METRIC_TYPES } from '../compiler/model/types.js';
import {
  CreateMetricDto,
  MetricDto,
  MetricListDto,
  MetricValidationDto,
  ModelDto,
  UpdateMetricDto,
} from './metric.dto.js';
import { MetricService } from './metric.service.js';

class ListMetricsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: METRIC_TYPES }) @IsOptional() @IsIn(METRIC_TYPES) metric_type?: string;
  @ApiPropertyOptional({ enum: CATEGORIES }) @IsOptional() @IsIn(CATEGORIES) category?: string;
  @ApiPropertyOptional({ description: 'Part of a key, label, alias or description.', example: 'roas' })
  @IsOptional()
  @IsString()
  q?: string;
}

class DeactivatedMetricDto {
  @ApiProperty({ type: MetricDto }) metric!: MetricDto;
  @ApiProperty({ type: [String], description: 'Keys of metrics that are quarantined by this.' }) breaks!: string[];
}

@ApiTags('metrics')
@ApiBearerAuth()
@Controller('api/marketing')
export class MetricsController {
  constructor(private readonly metrics: MetricService) {}

  @Post('metrics')
  @Allow('metrics:write')
  @ApiOperation({ summary: 'Create a metric or dimension', description: 'Live in every query when it returns.' })
  @ApiResponse({ status: 201, type: MetricDto })
  @ApiResponse({ status: 409, description: '`duplicate_key`: the key is taken.' })
  @ApiResponse({
    status: 422,
    description: '`invalid_definition`: see errors[], with character ranges into a formula.',
  })
  create(@CurrentIdentity() identity: Identity, @Body() body: CreateMetricDto): Promise<MetricDto> {
    return this.metrics.create(identity, body);
  }

  @Get('metrics')
  @Allow('reports:read')
  @ApiOperation({ summary: 'List all metrics and dimensions', description: 'The standard library included.' })
  @ApiResponse({ status: 200, type: MetricListDto })
  async list(@CurrentIdentity() identity: Identity, @Query() query: ListMetricsQuery): Promise<MetricListDto> {
    return page(await this.metrics.list(identity.organizationId, query), query, (metric) => metric.metric_key);
  }

  @Get('metrics/:id')
  @Allow('reports:read')
  @ApiOperation({ summary: 'Read one metric or dimension' })
  @ApiResponse({ status: 200, type: MetricDto })
  get(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<MetricDto> {
    return this.metrics.get(identity.organizationId, id);
  }

  @Post('metrics/validate')
  @HttpCode(200)
  @Allow('metrics:write')
  @ApiOperation({
    summary: 'Check a definition without writing it',
    description: 'Answers diagnostics, dependencies and the SQL.',
  })
  @ApiResponse({ status: 200, type: MetricValidationDto })
  validate(@CurrentIdentity() identity: Identity, @Body() body: CreateMetricDto): Promise<MetricValidationDto> {
    return this.metrics.validate(identity.organizationId, body);
  }

  @Patch('metrics/:id')
  @Allow('metrics:write')
  @ApiOperation({
    summary: 'Change a metric or dimension',
    description: 'Of a standard metric it makes the organisation’s own version.',
  })
  @ApiBody({ type: CreateMetricDto, description: 'Any of these fields; what is absent stays.' })
  @ApiResponse({ status: 200, type: MetricDto })
  update(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Body() body: UpdateMetricDto,
  ): Promise<MetricDto> {
    return this.metrics.update(identity, id, body);
  }

  @Delete('metrics/:id')
  @Allow('metrics:write')
  @ApiOperation({ summary: 'Deactivate a metric or dimension', description: 'Says which other metrics that breaks.' })
  @ApiResponse({ status: 200, type: DeactivatedMetricDto })
  deactivate(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<DeactivatedMetricDto> {
    return this.metrics.deactivate(identity, id);
  }

  @Get('model')
  @Allow('reports:read')
  @ApiOperation({
    summary: 'The live snapshot of the model',
    description: 'All members with type, unit, aliases, lineage.',
  })
  @ApiResponse({ status: 200, type: ModelDto })
  model(@CurrentIdentity() identity: Identity): Promise<ModelDto> {
    return this.metrics.model(identity.organizationId);
  }
}
