import { Module } from '@nestjs/common';
import { MailPermissions } from '../delivery/mail-permissions.js';
import { OCCURRENCE_PLANNER } from '../delivery/occurrence-planner.port.js';
import { OCCURRENCE_PREPARER } from '../delivery/occurrence-preparer.port.js';
import { QueryModule } from '../query/query.module.js';
import { QueryService } from '../query/query.service.js';
import { ConditionCheck } from './condition-check.js';
import { DataGateCheck } from './data-gate.js';
import { SchedulePlanner } from './planner.js';
import { QUERIES } from './ports.js';
import { SchedulePreparer } from './preparer.js';
import { Recipients } from './recipients.service.js';
import { ScheduleController } from './schedule.controller.js';
import { ScheduleService } from './schedule.service.js';
import { SchedulesResolver } from './schedules.resolver.js';

@Module({
  imports: [QueryModule],
  controllers: [ScheduleController],
  providers: [
    ScheduleService,
    SchedulesResolver,
    SchedulePlanner,
    Recipients,
    DataGateCheck,
    ConditionCheck,
    MailPermissions,
    { provide: QUERIES, useExisting: QueryService },
    { provide: OCCURRENCE_PLANNER, useExisting: SchedulePlanner },
    SchedulePreparer,
    { provide: OCCURRENCE_PREPARER, useExisting: SchedulePreparer },
  ],
  exports: [ScheduleService, SchedulePreparer, OCCURRENCE_PLANNER, OCCURRENCE_PREPARER, MailPermissions],
})
export class SchedulesModule {}
