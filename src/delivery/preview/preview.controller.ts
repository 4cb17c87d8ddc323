import { Body, Controller, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentIdentity, type Identity } from '../../access/identity.js';
import { Allow } from '../../access/permissions.js';
import { goneSignal } from '../../query/query-reply.service.js';
import { SCHEDULE_EXAMPLE } from '../../schedules/schedule.dto.js';
import { dashboardRef, viewRef } from '../report-subject.port.js';
import { PreviewDto } from './preview.dto.js';
import { SchedulePreviews } from './preview.service.js';

const BODY = {
  schema: { type: 'object', example: SCHEDULE_EXAMPLE },
  description: 'The schedule as it would be saved.',
};
const NOTHING_SENT = 'The mail as it would go out now, with your own rights. Nothing is sent or written down.';

@ApiTags('reports')
@ApiBearerAuth()
@Controller('api')
export class PreviewController {
  constructor(private readonly previews: SchedulePreviews) {}

  @Post('reports/schedules/:id/preview')
  @HttpCode(200)
  @Allow('reports:deliver')
  @ApiOperation({ summary: 'Preview a schedule’s mail', description: NOTHING_SENT })
  @ApiBody({ ...BODY, description: 'Changes to look at, as for PATCH; they are not saved.', required: false })
  @ApiResponse({ status: 200, type: PreviewDto })
  schedule(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PreviewDto> {
    return this.previews.of(identity, id, body, goneSignal(reply));
  }

  @Post('reports/views/:id/schedule/preview')
  @HttpCode(200)
  @Allow('reports:deliver')
  @ApiOperation({ summary: 'Preview the mail of a report’s schedule before it is saved', description: NOTHING_SENT })
  @ApiBody(BODY)
  @ApiResponse({ status: 200, type: PreviewDto })
  view(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PreviewDto> {
    return this.previews.ofDraft(identity, viewRef(id), body, goneSignal(reply));
  }

  @Post('dashboard/:id/schedule/preview')
  @HttpCode(200)
  @Allow('reports:deliver')
  @ApiOperation({ summary: 'Preview the mail of a dashboard’s schedule before it is saved', description: NOTHING_SENT })
  @ApiBody(BODY)
  @ApiResponse({ status: 200, type: PreviewDto })
  dashboard(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PreviewDto> {
    return this.previews.ofDraft(identity, dashboardRef(id), body, goneSignal(reply));
  }
}
