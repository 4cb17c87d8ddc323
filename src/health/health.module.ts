import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { RollupsModule } from '../rollups/rollups.module.js';
import { MetricsRegistry } from './metrics-registry.js';

@Module({
  imports: [RollupsModule],
  controllers: [HealthController],
  providers: [MetricsRegistry],
  exports: [MetricsRegistry],
})
export class HealthModule {}
