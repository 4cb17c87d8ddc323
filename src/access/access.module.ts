import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessGuard } from './access.guard.js';
import { ApiKeyService } from './api-key.service.js';
import { IdentityController } from './identity.controller.js';

@Global()
@Module({
  controllers: [IdentityController],
  providers: [ApiKeyService, { provide: APP_GUARD, useClass: AccessGuard }],
  exports: [ApiKeyService],
})
export class AccessModule {}
