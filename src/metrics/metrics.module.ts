import { Module } from '@nestjs/common';
import { CompiledModelService } from './compiled-model.service.js';
import { CubeModelService } from './cube-model.service.js';
import { DefinitionImportService } from './definition-import.service.js';
import { DefinitionWriter } from './definition-writer.service.js';
import { DefinitionsController } from './definitions.controller.js';
import { LibraryService } from './library.service.js';
import { MetricService } from './metric.service.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsResolver } from './metrics.resolver.js';
import { ModelController } from './model.controller.js';
import { ModelHistoryService } from './model-history.service.js';
import { ModelResolver } from './model.resolver.js';
import { ModelService } from './model.service.js';

@Module({
  // Before the controller with `:id`, whose path would match, too.
  controllers: [DefinitionsController, MetricsController, ModelController],
  providers: [
    LibraryService,
    ModelService,
    CompiledModelService,
    DefinitionWriter,
    MetricService,
    ModelHistoryService,
    DefinitionImportService,
    CubeModelService,
    MetricsResolver,
    ModelResolver,
  ],
  exports: [LibraryService, ModelService, CompiledModelService, MetricService],
})
export class MetricsModule {}
