import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { IsIn, IsNumberString, IsOptional, IsString } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { PageQuery } from '../common/page.js';
import { QueryResultDto } from '../query/query.dto.js';
import { WARNINGS_HEADER_DOC } from '../query/warnings-header.js';
import { QueryReply } from '../query/query-reply.service.js';
import { RESULT_FORMATS, type ResultFormat } from '../query/result-format.js';
import { PAGE_FORMATS, ReportPageReply, isPageFormat, type PageFormat } from './report-page-reply.service.js';
import { REPORT_VIEW_EXAMPLE, ReportViewDto, ReportViewListDto } from './report-view.dto.js';
import { ReportViewService } from './report-view.service.js';
import { pageOf, requestOf } from './view-request.js';

const VIEW_FORMATS = [...RESULT_FORMATS, ...PAGE_FORMATS] as const;

class DataQuery {
  @ApiPropertyOptional({ enum: VIEW_FORMATS, description: 'Takes the place of the Accept header.' })
  @IsOptional()
  @IsIn(VIEW_FORMATS)
  format?: ResultFormat | PageFormat;

  @ApiPropertyOptional({ enum: ['true', 'false'], description: 'Adds `meta.sql` and `meta.lineage`.' })
  @IsOptional()
  @IsIn(['true', 'false'])
  explain?: string;

  @ApiPropertyOptional({ type: 'integer', description: 'Most rows of a page; the view’s own limit when absent.' })
  @IsOptional()
  @IsNumberString({ no_symbols: true })
  limit?: string;

  @ApiPropertyOptional({ description: '`next_cursor` of the page before.' })
  @IsOptional()
  @IsString()
  cursor?: string;
}

class DeleteQuery {
  @ApiPropertyOptional({ enum: ['true', 'false'], description: 'Deletes it although dashboards show it.' })
  @IsOptional()
  @IsIn(['true', 'false'])
  force?: string;
}

const BODY = {
  schema: { type: 'object', example: REPORT_VIEW_EXAMPLE },
  description: 'The view’s fields; query fields as in POST /api/query.',
};

@ApiTags('reports')
@ApiBearerAuth()
@Controller('api/reports/views')
export class ReportsController {
  constructor(
    private readonly views: ReportViewService,
    private readonly reply: QueryReply,
    private readonly pages: ReportPageReply,
  ) {}

  @Post()
  @Allow('reports:create')
  @ApiOperation({ summary: 'Save a report', description: 'Refused when it could not run, with the reason.' })
  @ApiBody(BODY)
  @ApiResponse({ status: 201, type: ReportViewDto })
  create(@CurrentIdentity() identity: Identity, @Body() body: unknown): Promise<ReportViewDto> {
    return this.views.create(identity, body);
  }

  @Get()
  @Allow('reports:read')
  @ApiOperation({ summary: 'List saved reports', description: 'Those that the role may see, oldest first.' })
  @ApiResponse({ status: 200, type: ReportViewListDto })
  list(@CurrentIdentity() identity: Identity, @Query() query: PageQuery): Promise<ReportViewListDto> {
    return this.views.list(identity, query);
  }

  @Get(':id')
  @Allow('reports:read')
  @ApiOperation({ summary: 'Read a saved report’s definition' })
  @ApiResponse({ status: 200, type: ReportViewDto })
  get(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<ReportViewDto> {
    return this.views.get(identity, id);
  }

  @Patch(':id')
  @Allow('reports:create')
  @ApiOperation({ summary: 'Change a saved report', description: 'Only the fields that are given.' })
  @ApiBody(BODY)
  @ApiResponse({ status: 200, type: ReportViewDto })
  update(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<ReportViewDto> {
    return this.views.update(identity, id, body);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('reports:create')
  @ApiOperation({
    summary: 'Delete a saved report',
    description: 'And its schedules. Refused with 409 `view_in_use` while dashboards show it, unless `force` is true.',
  })
  delete(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Query() { force }: DeleteQuery,
  ): Promise<void> {
    return this.views.delete(identity, id, force === 'true');
  }

  @Get(':id/data')
  @Allow('reports:read')
  @ApiOperation({
    summary: 'Run a saved report',
    description:
      'JSON by default; CSV, NDJSON, XLSX and Arrow are streamed and hold every row; `html` and `pdf` are the page that is mailed.',
  })
  @ApiResponse({ status: 200, type: QueryResultDto, headers: WARNINGS_HEADER_DOC })
  async data(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Query() query: DataQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const view = await this.views.find(identity, id);
    const { format } = query;
    if (format !== undefined && isPageFormat(format)) return this.pages.send(identity, view, format, reply);
    await this.reply.send(identity, pageOf(requestOf(view), query), request, reply, {
      explain: query.explain === 'true',
      filename: view.report_name,
      viewId: view.id,
      ...(format ? { format } : {}),
    });
  }
}
