import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { IdempotencyLedger } from './idempotency-ledger.service.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';

/** `Idempotency-Key` on POSTs. */
@Module({
  providers: [IdempotencyLedger, { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor }],
  exports: [IdempotencyLedger],
})
export class IdempotencyModule {}
