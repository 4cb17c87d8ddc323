import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { organizationWithAllMembers, policyOf } from '../access/policy.js';
import { PageQuery } from '../common/page.js';
import { CubeModelService } from './cube-model.service.js';
import { MetricService } from './metric.service.js';
import {
  CubeModelDto,
  CubeQueryDto,
  ModelDiffDto,
  ModelDiffQuery,
  ModelDto,
  ModelHistoryDto,
  RestoreModelDto,
  RestoredModelDto,
} from './model.dto.js';
import { ModelHistoryService } from './model-history.service.js';

@ApiTags('model')
@ApiBearerAuth()
@Controller('api/marketing/model')
export class ModelController {
  constructor(
    private readonly metrics: MetricService,
    private readonly snapshots: ModelHistoryService,
    private readonly cube: CubeModelService,
  ) {}

  @Get()
  @Allow('reports:read')
  @ApiOperation({
    summary: 'The live snapshot of the model',
    description: 'All members with type, unit, aliases, lineage.',
  })
  @ApiResponse({ status: 200, type: ModelDto })
  model(@CurrentIdentity() identity: Identity): Promise<ModelDto> {
    return this.metrics.model(policyOf(identity));
  }

  @Get('history')
  @Allow('metrics:read')
  @ApiOperation({
    summary: 'Snapshots that were published, newest first',
    description: 'Each write, import, restore and upgrade publishes an immutable snapshot. Pages of 50 by default.',
  })
  @ApiResponse({ status: 200, type: ModelHistoryDto })
  history(@CurrentIdentity() identity: Identity, @Query() query: PageQuery): Promise<ModelHistoryDto> {
    return this.snapshots.history(organizationWithAllMembers(identity), query);
  }

  @Get('diff')
  @Allow('metrics:read')
  @ApiOperation({
    summary: 'What differs between two snapshots',
    description: 'Members added, removed and changed, each with the properties that differ, before and after.',
  })
  @ApiResponse({ status: 200, type: ModelDiffDto })
  @ApiResponse({ status: 404, description: '`unknown_snapshot`: this organisation never published it.' })
  diff(@CurrentIdentity() identity: Identity, @Query() { from, to }: ModelDiffQuery): Promise<ModelDiffDto> {
    return this.snapshots.diff(organizationWithAllMembers(identity), from, to);
  }

  @Post('restore')
  @HttpCode(200)
  @Allow('metrics:write')
  @ApiOperation({
    summary: 'Bring a snapshot’s definitions back',
    description:
      'As a new publication, all or nothing. What an upgrade of the standard library or the organisation’s settings brought since is not undone; it stands in `differences`.',
  })
  @ApiResponse({ status: 200, type: RestoredModelDto })
  @ApiResponse({ status: 404, description: '`unknown_snapshot`: this organisation never published it.' })
  restore(@CurrentIdentity() identity: Identity, @Body() body: RestoreModelDto): Promise<RestoredModelDto> {
    return this.snapshots.restore(identity, body.snapshot);
  }

  @Get('cube')
  @Allow('metrics:read')
  @ApiOperation({
    summary: 'The live model as stock Cube files',
    description: 'For whoever runs Cube over the same tables; `tributary export-cube` writes them to a folder.',
  })
  @ApiResponse({ status: 200, type: CubeModelDto })
  cubeModel(@CurrentIdentity() identity: Identity, @Query() { dialect }: CubeQueryDto): Promise<CubeModelDto> {
    return this.cube.files(organizationWithAllMembers(identity), dialect ?? 'clickhouse');
  }
}
