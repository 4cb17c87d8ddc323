import { Global, Module } from '@nestjs/common';
import { AuditReading } from './audit-reading.service.js';
import { AuditTrail } from './audit-trail.js';
import { AuditController } from './audit.controller.js';
import { AuditResolver } from './audit.resolver.js';

/** Who did what. Everything that writes, exports or delivers records it here. */
@Global()
@Module({
  controllers: [AuditController],
  providers: [AuditTrail, AuditReading, AuditResolver],
  exports: [AuditTrail],
})
export class AuditModule {}
