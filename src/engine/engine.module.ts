import { Module, type DynamicModule } from '@nestjs/common';
import type { Engine } from './engine.js';
import { ENGINE } from './engine.tokens.js';

/** Hands the open engine to every feature. */
@Module({})
export class EngineModule {
  static over(engine: Engine): DynamicModule {
    return {
      module: EngineModule,
      global: true,
      providers: [{ provide: ENGINE, useValue: engine }],
      exports: [ENGINE],
    };
  }
}
