import { Global, Module } from '@nestjs/common';
import { AnalyticsModule } from '../analytics/analytics.module.js';
import { AttributionRunsModule } from '../attribution-runs/attribution-runs.module.js';
import { ReportStore } from '../delivery/report-store.js';
import { JourneysModule } from '../journeys/journeys.module.js';
import { QueryModule } from '../query/query.module.js';
import { AnonymiseRows } from './anonymise-rows.js';
import { CustomerExport } from './customer-export.js';
import { ErasedCustomers } from './erased-customers.js';
import { ErasureController } from './erasure.controller.js';
import { ErasureRun } from './erasure-run.js';
import { ErasureService } from './erasure.service.js';
import { JobLedger } from './job-ledger.js';
import { ProtectionResolver } from './protection.resolver.js';
import { ProtectionWorker } from './protection-worker.js';
import { ReportFileSearch } from './report-file-search.js';
import { RetentionController } from './retention.controller.js';
import { RetentionRun } from './retention-run.js';
import { RetentionService } from './retention.service.js';
import { Subjects } from './subject.js';

/** Whom no import may bring back; for imports, and for mail. */
@Global()
@Module({ providers: [ErasedCustomers], exports: [ErasedCustomers] })
export class ErasedCustomersModule {}

/** Retention, and what the system has of a person: export and erasure. */
@Module({
  imports: [AnalyticsModule, AttributionRunsModule, ErasedCustomersModule, JourneysModule, QueryModule],
  controllers: [ErasureController, RetentionController],
  providers: [
    AnonymiseRows,
    CustomerExport,
    ErasureRun,
    ErasureService,
    JobLedger,
    ProtectionResolver,
    ProtectionWorker,
    ReportFileSearch,
    ReportStore,
    RetentionRun,
    RetentionService,
    Subjects,
  ],
})
export class ProtectionModule {}
