import { Module } from '@nestjs/common';
import { AttributionRunsModule } from '../attribution-runs/attribution-runs.module.js';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { IngestionModule } from '../ingestion/ingestion.module.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { ReportsModule } from '../reports/reports.module.js';
import { SetupService } from './setup.service.js';

@Module({
  imports: [AttributionRunsModule, MetricsModule, IngestionModule, ReportsModule, DeliveryModule],
  providers: [SetupService],
})
export class SetupModule {}
