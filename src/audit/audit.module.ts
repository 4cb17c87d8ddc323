import { Global, Module } from '@nestjs/common';
import { AuditTrail } from './audit-trail.js';

/** Who did what. Everything that writes, exports or delivers records it here. */
@Global()
@Module({
  providers: [AuditTrail],
  exports: [AuditTrail],
})
export class AuditModule {}
