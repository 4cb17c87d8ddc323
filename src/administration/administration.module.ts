import { Module } from '@nestjs/common';
import { MetricsModule } from '../metrics/metrics.module.js';
import { KeysResolver, PeopleResolver } from './administration.resolver.js';
import { Assignments } from './assignment.service.js';
import { KeysController } from './keys.controller.js';
import { KeysService } from './keys.service.js';
import { OrganizationController } from './organization.controller.js';
import { OrganizationService } from './organization.service.js';
import { RolesController, TeamsController, UsersController } from './people.controller.js';
import { RolesService } from './roles.service.js';
import { TeamsService } from './teams.service.js';
import { UsersService } from './users.service.js';

@Module({
  imports: [MetricsModule],
  controllers: [OrganizationController, UsersController, TeamsController, RolesController, KeysController],
  providers: [
    Assignments,
    OrganizationService,
    UsersService,
    TeamsService,
    RolesService,
    KeysService,
    PeopleResolver,
    KeysResolver,
  ],
})
export class AdministrationModule {}
