import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { FeatureDoors } from './feature-doors.service.js';
import { PlansController } from './plans.controller.js';
import { Plans } from './plans.service.js';

/** Plans and the features that they open; the access guard asks. */
@Global()
@Module({
  imports: [DiscoveryModule],
  controllers: [PlansController],
  providers: [Plans, FeatureDoors],
  exports: [Plans],
})
export class PlansModule {}
