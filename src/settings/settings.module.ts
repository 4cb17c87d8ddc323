import { Module } from '@nestjs/common';
import { MetricsModule } from '../metrics/metrics.module.js';
import { SettingsController } from './settings.controller.js';
import { SettingsResolver } from './settings.resolver.js';
import { SettingsService } from './settings.service.js';

@Module({
  imports: [MetricsModule],
  controllers: [SettingsController],
  providers: [SettingsService, SettingsResolver],
})
export class SettingsModule {}
