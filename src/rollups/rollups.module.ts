import { Module } from '@nestjs/common';
import { MetricsModule } from '../metrics/metrics.module.js';
import { RollupConfigs } from './rollup-configs.service.js';
import { RollupKeeper } from './rollup-keeper.service.js';
import { RollupPlans } from './rollup-plans.service.js';
import { RollupViews } from './rollup-views.service.js';
import { RollupsController } from './rollups.controller.js';
import { RollupsService } from './rollups.service.js';

@Module({
  imports: [MetricsModule],
  controllers: [RollupsController],
  providers: [RollupConfigs, RollupViews, RollupPlans, RollupKeeper, RollupsService],
  exports: [RollupPlans],
})
export class RollupsModule {}
