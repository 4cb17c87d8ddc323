import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { MetricsRegistry } from './metrics-registry.js';

@Module({ controllers: [HealthController], providers: [MetricsRegistry], exports: [MetricsRegistry] })
export class HealthModule {}
