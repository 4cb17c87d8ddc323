import { Module } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { QueryModule } from '../query/query.module.js';
import { GraphqlController } from './graphql.controller.js';
import { GraphqlService } from './graphql.service.js';

/** Mercurius builds the management schema; the door itself is ours, since each organisation has a schema of its own. */
@Module({
  imports: [
    GraphQLModule.forRoot<MercuriusDriverConfig>({
      driver: MercuriusDriver,
      autoSchemaFile: true,
      sortSchema: true,
      routes: false,
      graphiql: false,
    }),
    IdempotencyModule,
    MetricsModule,
    QueryModule,
  ],
  controllers: [GraphqlController],
  providers: [GraphqlService],
})
export class GraphqlModule {}
