import { Module } from '@nestjs/common';
import { CompiledModelService } from './compiled-model.service.js';
import { LibraryService } from './library.service.js';
import { MetricService } from './metric.service.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsResolver } from './metrics.resolver.js';
import { ModelService } from './model.service.js';

@Module({
  controllers: [MetricsController],
  providers: [LibraryService, ModelService, CompiledModelService, MetricService, MetricsResolver],
  exports: [LibraryService, ModelService, CompiledModelService, MetricService],
})
export class MetricsModule {}
