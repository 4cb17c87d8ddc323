import { Args, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { GraphQLJSON } from 'graphql-scalars';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { ReportSubjectQuery } from '../delivery/delivery.dto.js';
import { dashboardRef, viewRef } from '../delivery/report-subject.port.js';
import { ScheduleDto, ScheduleListDto } from './schedule.dto.js';
import { ScheduleService } from './schedule.service.js';

const Id = (description = 'Its id.'): ParameterDecorator => Args('id', { type: () => ID, description });
const Fields = (): ParameterDecorator =>
  Args('input', { type: () => GraphQLJSON, description: 'The fields as in POST /api/reports/views/:id/schedule.' });

/** Each of these is what the REST door of the same kind does. */
@Resolver(() => ScheduleDto)
export class SchedulesResolver {
  constructor(private readonly schedules: ScheduleService) {}

  @Query(() => ScheduleListDto, {
    name: 'reportSchedules',
    description: 'Schedules of the reports and dashboards that the role may see, oldest first.',
  })
  @Allow('reports:deliver')
  list(@CurrentIdentity() identity: Identity, @Args() query: ReportSubjectQuery): Promise<ScheduleListDto> {
    return this.schedules.list(identity, query);
  }

  @Query(() => ScheduleDto, { name: 'reportSchedule', description: 'One schedule.' })
  @Allow('reports:deliver')
  get(@CurrentIdentity() identity: Identity, @Id() id: string): Promise<ScheduleDto> {
    return this.schedules.get(identity, id);
  }

  @Query(() => [String], { name: 'reportScheduleTimes', description: 'The next due times of a schedule.' })
  @Allow('reports:deliver')
  async next(
    @CurrentIdentity() identity: Identity,
    @Id() id: string,
    @Args('count', { type: () => Int, nullable: true, description: 'How many, five unless told, at most 100.' })
    count?: number,
  ): Promise<string[]> {
    return (await this.schedules.next(identity, id, Math.min(100, Math.max(1, count ?? 5)))).data;
  }

  @Mutation(() => ScheduleDto, { name: 'scheduleReportView', description: 'Schedules a saved report.' })
  @Allow('reports:deliver')
  ofView(
    @CurrentIdentity() identity: Identity,
    @Id('The report view’s id.') id: string,
    @Fields() input: unknown,
  ): Promise<ScheduleDto> {
    return this.schedules.create(identity, viewRef(id), input);
  }

  @Mutation(() => ScheduleDto, { name: 'scheduleDashboard', description: 'Schedules a dashboard.' })
  @Allow('reports:deliver')
  ofDashboard(
    @CurrentIdentity() identity: Identity,
    @Id('The dashboard’s id.') id: string,
    @Fields() input: unknown,
  ): Promise<ScheduleDto> {
    return this.schedules.create(identity, dashboardRef(id), input);
  }

  @Mutation(() => ScheduleDto, { name: 'updateReportSchedule', description: 'Changes a schedule.' })
  @Allow('reports:deliver')
  update(@CurrentIdentity() identity: Identity, @Id() id: string, @Fields() input: unknown): Promise<ScheduleDto> {
    return this.schedules.update(identity, id, input);
  }

  @Mutation(() => ScheduleDto, { name: 'pauseReportSchedule', description: 'Pauses a schedule.' })
  @Allow('reports:deliver')
  pause(@CurrentIdentity() identity: Identity, @Id() id: string): Promise<ScheduleDto> {
    return this.schedules.pause(identity, id);
  }

  @Mutation(() => ScheduleDto, { name: 'resumeReportSchedule', description: 'Resumes a schedule, from now on.' })
  @Allow('reports:deliver')
  resume(@CurrentIdentity() identity: Identity, @Id() id: string): Promise<ScheduleDto> {
    return this.schedules.resume(identity, id);
  }

  @Mutation(() => ScheduleDto, { name: 'skipNextReport', description: 'Leaves the next due time of a schedule out.' })
  @Allow('reports:deliver')
  skipNext(@CurrentIdentity() identity: Identity, @Id() id: string): Promise<ScheduleDto> {
    return this.schedules.skipNext(identity, id);
  }

  @Mutation(() => String, {
    name: 'runReportSchedule',
    description: 'Runs a schedule now, under its conditions; answers the id of the occurrence in the ledger.',
  })
  @Allow('reports:deliver')
  async run(@CurrentIdentity() identity: Identity, @Id() id: string): Promise<string> {
    return (await this.schedules.runNow(identity, id)).occurrence_id;
  }

  @Mutation(() => Boolean, { name: 'deleteReportSchedule', description: 'Deletes a schedule; true when it is gone.' })
  @Allow('reports:deliver')
  async delete(@CurrentIdentity() identity: Identity, @Id() id: string): Promise<boolean> {
    await this.schedules.delete(identity, id);
    return true;
  }
}
