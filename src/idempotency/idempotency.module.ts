import { Module } from '@nestjs/common';
import { IdempotencyLedger } from './idempotency-ledger.service.js';
import { KeyedRequests } from './keyed-requests.service.js';

/** `Idempotency-Key` on POSTs. */
@Module({
  providers: [IdempotencyLedger, KeyedRequests],
  exports: [IdempotencyLedger, KeyedRequests],
})
export class IdempotencyModule {}
