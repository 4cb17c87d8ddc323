import { Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { HealthController } from './health.controller.js';
import { RollupsModule } from '../rollups/rollups.module.js';
import { MetricsRegistry } from './metrics-registry.js';

@Module({
  imports: [DeliveryModule, RollupsModule],
  controllers: [HealthController],
  providers: [MetricsRegistry],
  exports: [MetricsRegistry],
})
export class HealthModule {}
