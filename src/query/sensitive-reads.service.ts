import { Injectable } from '@nestjs/common';
import type { Policy } from '../access/policy.js';
import { ownWork, type Actor } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';

/**
 * Notes in the audit trail who reads sensitive members, before the answer is given. A request, whatever it asks in how many
 * parts, notes each member once; a session of the SQL API notes each statement.
 */
@Injectable()
export class SensitiveReads {
  private readonly noted = new WeakMap<Actor, Map<string, Promise<void>>>();

  constructor(private readonly audit: AuditTrail) {}

  async note({ organizationId, actor = ownWork('job') }: Policy, members: readonly string[]): Promise<void> {
    if (members.length === 0) return;
    const known = this.noted.get(actor) ?? new Map<string, Promise<void>>();
    this.noted.set(actor, known);
    const news = actor.door === 'sql' ? members : members.filter((member) => !known.has(member));
    if (news.length > 0) {
      const written = this.audit.recordAlone({
        ...{ organizationId, actor, action: 'data.read_sensitive', entity: ['members', null] },
        after: { members: news },
      });
      for (const member of news) known.set(member, written);
    }
    // Fields of a GraphQL request are answered at the same time: each waits for the entry that names what it reads.
    await Promise.all(members.map((member) => known.get(member)));
  }
}
