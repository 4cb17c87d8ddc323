import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { DeliverReplyDto, ReportSubjectQuery } from '../delivery/delivery.dto.js';
import { dashboardRef, viewRef } from '../delivery/report-subject.port.js';
import { NextRunsDto, NextRunsQuery, SCHEDULE_EXAMPLE, ScheduleDto, ScheduleListDto } from './schedule.dto.js';
import { ScheduleService } from './schedule.service.js';

const BODY = { schema: { type: 'object', example: SCHEDULE_EXAMPLE } };

@ApiTags('reports')
@ApiBearerAuth()
@Controller('api')
export class ScheduleController {
  constructor(private readonly schedules: ScheduleService) {}

  @Post('reports/views/:id/schedule')
  @Allow('reports:deliver')
  @ApiOperation({
    summary: 'Schedule a saved report',
    description: 'By a cron line or the simple form. It runs with the rights that its owner has at each due time.',
  })
  @ApiBody(BODY)
  @ApiResponse({ status: 201, type: ScheduleDto })
  create(@CurrentIdentity() identity: Identity, @Param('id') id: string, @Body() body: unknown): Promise<ScheduleDto> {
    return this.schedules.create(identity, viewRef(id), body);
  }

  @Post('dashboard/:id/schedule')
  @Allow('reports:deliver')
  @ApiOperation({
    summary: 'Schedule a dashboard',
    description: 'As a report is: the same fields, times and ledger. `csv` is an archive with one file a widget.',
  })
  @ApiBody(BODY)
  @ApiResponse({ status: 201, type: ScheduleDto })
  createOfDashboard(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Body() body: unknown,
  ): Promise<ScheduleDto> {
    return this.schedules.create(identity, dashboardRef(id), body);
  }

  @Get('reports/schedules')
  @Allow('reports:deliver')
  @ApiOperation({
    summary: 'List schedules',
    description: 'Of the reports and dashboards that the role may see, oldest first.',
  })
  @ApiResponse({ status: 200, type: ScheduleListDto })
  list(@CurrentIdentity() identity: Identity, @Query() query: ReportSubjectQuery): Promise<ScheduleListDto> {
    return this.schedules.list(identity, query);
  }

  @Get('reports/schedules/:id')
  @Allow('reports:deliver')
  @ApiOperation({ summary: 'Read a schedule' })
  @ApiResponse({ status: 200, type: ScheduleDto })
  get(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<ScheduleDto> {
    return this.schedules.get(identity, id);
  }

  @Get('reports/schedules/:id/next')
  @Allow('reports:deliver')
  @ApiOperation({ summary: 'The next due times' })
  @ApiResponse({ status: 200, type: NextRunsDto })
  next(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Query() query: NextRunsQuery,
  ): Promise<NextRunsDto> {
    return this.schedules.next(identity, id, query.count ?? 5);
  }

  @Patch('reports/schedules/:id')
  @Allow('reports:deliver')
  @ApiOperation({ summary: 'Change a schedule', description: 'Only the fields that are given; planned anew at once.' })
  @ApiBody(BODY)
  @ApiResponse({ status: 200, type: ScheduleDto })
  update(@CurrentIdentity() identity: Identity, @Param('id') id: string, @Body() body: unknown): Promise<ScheduleDto> {
    return this.schedules.update(identity, id, body);
  }

  @Delete('reports/schedules/:id')
  @HttpCode(204)
  @Allow('reports:deliver')
  @ApiOperation({ summary: 'Delete a schedule', description: 'Its ledger stays.' })
  delete(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<void> {
    return this.schedules.delete(identity, id);
  }

  @Post('reports/schedules/:id/pause')
  @HttpCode(200)
  @Allow('reports:deliver')
  @ApiOperation({ summary: 'Pause a schedule' })
  @ApiResponse({ status: 200, type: ScheduleDto })
  pause(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<ScheduleDto> {
    return this.schedules.pause(identity, id);
  }

  @Post('reports/schedules/:id/resume')
  @HttpCode(200)
  @Allow('reports:deliver')
  @ApiOperation({
    summary: 'Resume a schedule',
    description: 'From now on; what was due in between is not made up for.',
  })
  @ApiResponse({ status: 200, type: ScheduleDto })
  resume(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<ScheduleDto> {
    return this.schedules.resume(identity, id);
  }

  @Post('reports/schedules/:id/skip-next')
  @HttpCode(200)
  @Allow('reports:deliver')
  @ApiOperation({ summary: 'Leave the next due time out' })
  @ApiResponse({ status: 200, type: ScheduleDto })
  skipNext(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<ScheduleDto> {
    return this.schedules.skipNext(identity, id);
  }

  @Post('reports/schedules/:id/run')
  @HttpCode(202)
  @Allow('reports:deliver')
  @ApiOperation({ summary: 'Run a schedule now', description: 'To its recipients and under its conditions.' })
  @ApiResponse({ status: 202, type: DeliverReplyDto })
  run(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<DeliverReplyDto> {
    return this.schedules.runNow(identity, id);
  }
}
