import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { IdempotencyModule } from '../idempotency/idempotency.module.js';
import { AccessGuard } from './access.guard.js';
import { ApiKeyService } from './api-key.service.js';
import { Authenticator } from './authenticator.service.js';
import { Identities } from './identities.service.js';
import { KeyUsage } from './key-usage.service.js';
import { IdentityController } from './identity.controller.js';
import { IdentityResolver } from './identity.resolver.js';
import { WhoAmI } from './who-am-i.service.js';

@Global()
@Module({
  imports: [IdempotencyModule],
  controllers: [IdentityController],
  providers: [
    ApiKeyService,
    KeyUsage,
    Identities,
    Authenticator,
    WhoAmI,
    IdentityResolver,
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [ApiKeyService, Identities, Authenticator],
})
export class AccessModule {}
