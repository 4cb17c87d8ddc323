import { Module } from '@nestjs/common';
import { FxController } from './fx.controller.js';
import { FxResolver } from './fx.resolver.js';
import { FxService } from './fx.service.js';

@Module({ controllers: [FxController], providers: [FxService, FxResolver], exports: [FxService] })
export class FxModule {}
