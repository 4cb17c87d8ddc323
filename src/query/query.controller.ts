import { Body, Controller, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { QueryReply } from './query-reply.service.js';
import { QueryRequestDto, QueryResultDto } from './query.dto.js';
import { readReportRequest } from './request.js';

class ExplainQuery {
  @ApiPropertyOptional({ enum: ['true', 'false'], description: 'Adds `meta.sql`.' })
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
  @Allow('reports:create')
  @ApiOperation({
    summary: 'Ask for numbers by name',
    description: 'JSON by default; with `Accept: text/csv` or `application/x-ndjson` the same rows are streamed.',
  })
  @ApiBody({ type: QueryRequestDto })
  @ApiResponse({ status: 200, type: QueryResultDto })
  @ApiResponse({
    status: 400,
    description: '`invalid_request`: every mistake in errors[], each with its JSON pointer.',
  })
  @ApiResponse({ status: 422, description: '`unknown_metric`, `unknown_dimension`, `member_quarantined`, …' })
  async query(
    @CurrentIdentity() identity: Identity,
    @Body() body: unknown,
    @Query() query: ExplainQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.reply.send(identity, readReportRequest(body), request, reply, { explain: query.explain === 'true' });
  }
}
