import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { PageQuery } from '../common/page.js';
import { goneSignal } from '../query/query-reply.service.js';
import { DashboardData } from './dashboard-data.service.js';
import { DashboardExport } from './dashboard-export.service.js';
import {
  DASHBOARD_EXAMPLE,
  DashboardDto,
  DashboardListDto,
  ExportDashboardDto,
  LoadedDashboardDto,
  WidgetLibraryDto,
} from './dashboard.dto.js';
import { DashboardService } from './dashboard.service.js';

class LoadQuery {
  @ApiPropertyOptional({ enum: ['true', 'false'], description: '`false`: the definition alone, without numbers.' })
  @IsOptional()
  @IsIn(['true', 'false'])
  data?: string;
}

const BODY = {
  schema: { type: 'object', example: DASHBOARD_EXAMPLE },
  description:
    'Widgets show a saved report (`view_id`), ask on their own (`query`, as in POST /api/query), or say a `text`.',
};

@ApiTags('dashboards')
@ApiBearerAuth()
@Controller('api/dashboard')
export class DashboardsController {
  constructor(
    private readonly dashboards: DashboardService,
    private readonly numbers: DashboardData,
    private readonly exports: DashboardExport,
  ) {}

  @Get('widgets')
  @Allow('reports:read')
  @ApiOperation({
    summary: 'What a dashboard can be made of',
    description:
      'Kinds of widgets with what each needs, and the saved reports that the role may see with the kinds that suit them.',
  })
  @ApiResponse({ status: 200, type: WidgetLibraryDto })
  library(@CurrentIdentity() identity: Identity): Promise<WidgetLibraryDto> {
    return this.numbers.library(identity);
  }

  @Post('create')
  @Allow('reports:create')
  @ApiOperation({
    summary: 'Save a dashboard',
    description: 'Refused when a widget could not run or lacks what its kind needs, with the reason and the place.',
  })
  @ApiBody(BODY)
  @ApiResponse({ status: 201, type: DashboardDto })
  create(@CurrentIdentity() identity: Identity, @Body() body: unknown): Promise<DashboardDto> {
    return this.dashboards.create(identity, body);
  }

  @Get()
  @Allow('reports:read')
  @ApiOperation({ summary: 'List dashboards', description: 'Those that the role may see, oldest first.' })
  @ApiResponse({ status: 200, type: DashboardListDto })
  list(@CurrentIdentity() identity: Identity, @Query() query: PageQuery): Promise<DashboardListDto> {
    return this.dashboards.list(identity, query);
  }

  @Get(':id')
  @Allow('reports:read')
  @ApiOperation({
    summary: 'Load a dashboard',
    description:
      'With the numbers of all widgets, over one version of the data. A widget that can’t be read says why in its place; the others are not touched by it.',
  })
  @ApiResponse({ status: 200, type: LoadedDashboardDto })
  load(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Query() { data }: LoadQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<LoadedDashboardDto | DashboardDto> {
    if (data === 'false') return this.dashboards.get(identity, id);
    return this.numbers.load(identity, id, goneSignal(reply));
  }

  @Patch(':id')
  @Allow('reports:create')
  @ApiOperation({
    summary: 'Change a dashboard',
    description: 'Only the fields that are given; `widgets` are given all together.',
  })
  @ApiBody(BODY)
  @ApiResponse({ status: 200, type: DashboardDto })
  update(@CurrentIdentity() identity: Identity, @Param('id') id: string, @Body() body: unknown): Promise<DashboardDto> {
    return this.dashboards.update(identity, id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('reports:create')
  @ApiOperation({ summary: 'Delete a dashboard', description: 'And its schedules; the saved reports on it stay.' })
  delete(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<void> {
    return this.dashboards.delete(identity, id);
  }

  @Post(':id/export')
  @HttpCode(200)
  @Allow('reports:read')
  @ApiOperation({
    summary: 'A dashboard as a file',
    description:
      '`pdf`, a `png` picture, one `html` page, `xlsx`, or `csv`: a ZIP archive with every row of each widget. What could not be read is named in it.',
  })
  @ApiBody({ type: ExportDashboardDto, required: false })
  @ApiResponse({ status: 200, description: 'The file.' })
  export(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Body() body: ExportDashboardDto | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.exports.send(identity, id, body?.format ?? 'pdf', reply);
  }
}
