import { Body, Controller, Get, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../access/permissions.js';
import { Problem } from '../common/problem.js';
import { GraphqlService, type GraphqlRequest } from './graphql.service.js';

/** The GraphQL door. Public as a door: each field behind it has a guard of its own. */
@ApiTags('graphql')
@ApiBearerAuth()
@Public()
@Controller('graphql')
export class GraphqlController {
  constructor(private readonly graphql: GraphqlService) {}

  @Post()
  @ApiOperation({
    summary: 'GraphQL',
    description:
      'Management types, and the organisation’s own metrics as typed fields: `marketing(dateRange: …) { dataSource recordedAt(grain: MONTH) spend }`. Explore it at /graphiql.',
  })
  @ApiBody({
    schema: {
      type: 'object',
      required: ['query'],
      properties: {
        query: { type: 'string' },
        variables: { type: 'object', additionalProperties: true },
        operationName: { type: 'string' },
      },
      example: { query: '{ marketing(dateRange: { name: LAST_MONTH }) { dataSource spend roas } }' },
    },
  })
  @ApiResponse({ status: 200, description: 'data, and errors with the same codes as REST under extensions.' })
  async post(@Body() body: unknown, @Res() reply: FastifyReply): Promise<void> {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw new Problem(400, 'invalid_request', 'Send one JSON object: { "query": "{ … }", "variables": { … } }.');
    }
    await this.send(body, reply);
  }

  @Get()
  @ApiOperation({ summary: 'GraphQL query by GET', description: 'Queries only.' })
  async get(@Query() query: Record<string, unknown>, @Res() reply: FastifyReply): Promise<void> {
    await this.send(query, reply, 'query');
  }

  private async send(request: GraphqlRequest, reply: FastifyReply, only?: 'query'): Promise<void> {
    const { status, body } = await this.graphql.answer(request, reply, only);
    await reply.status(status).type('application/json; charset=utf-8').send(body);
  }
}
