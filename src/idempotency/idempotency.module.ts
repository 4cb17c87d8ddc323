import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { IdempotencyLedger } from './idempotency-ledger.service.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { KeyedRequests } from './keyed-requests.service.js';

/** `Idempotency-Key` on POSTs. */
@Module({
  providers: [IdempotencyLedger, KeyedRequests, { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor }],
  exports: [IdempotencyLedger, KeyedRequests],
})
export class IdempotencyModule {}
