import { Global, Module } from '@nestjs/common';
import { PlansController } from './plans.controller.js';
import { Plans } from './plans.service.js';

/** Plans and the features that they open; the access guard asks. */
@Global()
@Module({ controllers: [PlansController], providers: [Plans], exports: [Plans] })
export class PlansModule {}
