import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { identityIn, type RequestWithIdentity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { checkedQuery } from '../common/validation.js';
import { ASKED_AGAIN } from '../http/json-body.js';
import { QueryReply } from './query-reply.service.js';
import { QueryRequestDto, QueryResultDto } from './query.dto.js';
import { readReportRequest } from './request.js';
import { WARNINGS_HEADER_DOC } from './warnings-header.js';
import { RESULT_FORMATS, type ResultFormat } from './result-format.js';

class AnswerQuery {
  @IsOptional()
  @IsIn(RESULT_FORMATS)
  format?: ResultFormat;

  @IsOptional()
  @IsIn(['true', 'false'])
  explain?: string;
}

@ApiTags('query')
@ApiBearerAuth()
@Controller('api/query')
export class QueryController {
  constructor(private readonly reply: QueryReply) {}

  @Post()
  @HttpCode(200)
  @RouteConfig(ASKED_AGAIN)
  @Allow('reports:create')
  @ApiOperation({
    summary: 'Ask for numbers by name',
    description:
      'JSON by default. As CSV, NDJSON, XLSX or an Arrow IPC stream (`Accept`, or `?format=`) the same rows are streamed, all of them unless there is a limit. ' +
      'A JSON answer comes from the cache where the data and the definitions are still the same (`meta.cached`). ' +
      'A query stops when its asker is gone.',
  })
  @ApiBody({ type: QueryRequestDto })
  @ApiQuery({
    ...{ name: 'explain', required: false, enum: ['true', 'false'] },
    description: 'Adds `meta.sql` and `meta.lineage`.',
  })
  @ApiQuery({
    ...{ name: 'format', required: false, enum: RESULT_FORMATS },
    description: 'Takes the place of the Accept header.',
  })
  @ApiResponse({ status: 200, type: QueryResultDto, headers: WARNINGS_HEADER_DOC })
  @ApiResponse({
    status: 400,
    description: '`invalid_request`: every mistake in errors[], each with its JSON pointer.',
  })
  @ApiResponse({ status: 422, description: '`unknown_metric`, `unknown_dimension`, `member_quarantined`, …' })
  @ApiResponse({
    status: 429,
    description: '`too_many_queries`: too many of the organisation run or wait; `Retry-After` says when to come back.',
  })
  @ApiResponse({ status: 504, description: '`engine_timeout`: stopped after the time that a query may take.' })
  async query(@Req() request: RequestWithIdentity, @Res() reply: FastifyReply): Promise<void> {
    const given = checkedQuery(AnswerQuery, request.query);
    const { format, explain } = given instanceof AnswerQuery ? given : await given;
    await this.reply.send(identityIn(request), readReportRequest(request.body), request, reply, {
      explain: explain === 'true',
      ...(format ? { format } : {}),
    });
  }
}
