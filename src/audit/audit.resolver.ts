import { Args, Query, Resolver } from '@nestjs/graphql';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { AuditReading } from './audit-reading.service.js';
import { AuditEntryDto, AuditListDto, AuditQuery, AuditVerificationDto } from './audit.dto.js';

@Resolver(() => AuditEntryDto)
export class AuditResolver {
  constructor(private readonly reading: AuditReading) {}

  @Query(() => AuditListDto, { name: 'auditTrail', description: 'Who did what, newest first.' })
  @Allow('audit:read')
  list(@CurrentIdentity() identity: Identity, @Args() query: AuditQuery): Promise<AuditListDto> {
    return this.reading.list(identity.organizationId, query);
  }

  @Query(() => AuditVerificationDto, {
    name: 'verifyAuditTrail',
    description: 'Whether the trail is whole and unchanged.',
  })
  @Allow('audit:read')
  verify(@CurrentIdentity() identity: Identity): Promise<AuditVerificationDto> {
    return this.reading.verify(identity.organizationId);
  }
}
