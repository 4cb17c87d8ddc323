import { Module } from '@nestjs/common';
import { JourneysModule } from '../journeys/journeys.module.js';
import { AttributionController } from './attribution.controller.js';
import { AttributionResolver } from './attribution.resolver.js';
import { AttributionDoors } from './attribution-doors.service.js';
import { AttributionRuns } from './attribution-runs.service.js';
import { AttributionSettingsService } from './attribution-settings.service.js';
import { MarkovFits } from './markov-fits.service.js';
import { RunDiffs } from './run-diffs.service.js';
import { RunEngine } from './run-engine.js';
import { RunStore } from './run-store.js';

@Module({
  imports: [JourneysModule],
  controllers: [AttributionController],
  providers: [
    AttributionResolver,
    AttributionDoors,
    AttributionRuns,
    AttributionSettingsService,
    MarkovFits,
    RunDiffs,
    RunEngine,
    RunStore,
  ],
  exports: [AttributionRuns, AttributionSettingsService, RunEngine],
})
export class AttributionRunsModule {}
