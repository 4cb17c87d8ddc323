import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { User } from '../access/user.entity.js';
import { DEFAULT_PAGE, decodeCursor, encodeCursor } from '../common/page.js';
import { badRequest, unprocessable, type ProblemItem } from '../common/problem.js';
import { isUuid, newId } from '../common/uuid.js';
import { JOB_QUEUE, type JobQueue } from '../jobs/job-queue.js';
import { REPORT_SUBJECTS, type ReportSubjects, type SubjectRef } from './report-subject.port.js';
import type { DeliverDto, DeliveryDto, DeliveryListDto, DeliveryQuery } from './delivery.dto.js';
import { parseMailAddress } from './mail-address.js';
import { RUN_OCCURRENCE } from './delivery-names.js';
import { Occurrence, USUAL_FORMATS, type DeliveryFormat } from './occurrence.entity.js';
import { MailPermissions, isAllowed } from './mail-permissions.js';

/** Asks for reports to be sent, and reads the ledger of what became of them. */
@Injectable()
export class DeliveryService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    @Inject(REPORT_SUBJECTS) private readonly subjects: ReportSubjects,
    private readonly permissions: MailPermissions,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * Sends a view or a dashboard now. The occurrence is written before anyone is woken, so that an accepted request can't be forgotten.
   * @throws Problem `not_found`, `invalid_recipient`, `no_recipient`
   */
  async deliver(identity: Identity, what: SubjectRef, wanted: DeliverDto): Promise<{ occurrence_id: string }> {
    const subject = await this.subjects.find(identity, what);
    const recipients = wanted.recipients ? parseRecipients(wanted.recipients) : [await this.ownAddress(identity)];
    await this.refuseDomains(identity, recipients);
    const formats: DeliveryFormat[] = [...(wanted.formats ?? USUAL_FORMATS)];
    const occurrenceId = newId();
    await this.database.transaction(async (manager) => {
      await manager.insert(Occurrence, {
        id: occurrenceId,
        organization_id: identity.organizationId,
        view_id: subject.view_id,
        dashboard_id: subject.dashboard_id,
        schedule_id: null,
        report_name: subject.name,
        due_at: new Date(),
        requested_by: identity.userId,
        requested_key_id: identity.keyId,
        formats,
        recipients,
        artifacts: null,
      });
      await this.audit.record(manager, {
        organizationId: identity.organizationId,
        actor: actorOf(identity),
        action: 'report.deliver',
        entity: subject.dashboard_id === null ? ['report_view', subject.view_id] : ['dashboard', subject.dashboard_id],
        after: { occurrence_id: occurrenceId, formats, recipients },
      });
    });
    await this.queue.enqueue(RUN_OCCURRENCE, { occurrence_id: occurrenceId }, { id: occurrenceId });
    return { occurrence_id: occurrenceId };
  }

  /** The ledger, newest first: what the caller asked for, and what was sent of views that it may see. */
  async list(identity: Identity, query: DeliveryQuery): Promise<DeliveryListDto> {
    const limit = query.limit ?? DEFAULT_PAGE;
    const after = query.cursor === undefined ? null : readCursor(query.cursor);
    const readable = await this.subjects.readableIds(identity);
    const rows = await this.database.query<DeliveryDto[]>(
      `SELECT d.id, d.occurrence_id, o.view_id, o.dashboard_id, o.report_name, d.recipient, d.kind, d.state, d.attempt AS attempts, d.evidence,
              o.remarks, o.due_at, d.created_at, d.finished_at
       FROM deliveries d JOIN occurrences o ON o.id = d.occurrence_id
       WHERE d.organization_id = $1 AND o.organization_id = $1
         AND ($2::uuid[] IS NULL OR o.requested_by = $3::uuid OR o.view_id = ANY ($2::uuid[]) OR o.dashboard_id = ANY ($10::uuid[]))
         AND ($11::uuid IS NULL OR o.dashboard_id = $11::uuid)
         AND ($4::uuid IS NULL OR o.view_id = $4::uuid)
         AND ($5::uuid IS NULL OR d.occurrence_id = $5::uuid)
         AND ($6::text IS NULL OR d.state = $6::text)
         AND ($7::timestamptz IS NULL OR (date_trunc('milliseconds', d.created_at), d.id) < ($7::timestamptz, $8::uuid))
       ORDER BY date_trunc('milliseconds', d.created_at) DESC, d.id DESC
       LIMIT $9`,
      [
        identity.organizationId,
        readable?.views ?? null,
        identity.userId,
        query.view_id ?? null,
        query.occurrence_id ?? null,
        query.state ?? null,
        after?.at ?? null,
        after?.id ?? null,
        limit + 1,
        readable?.dashboards ?? null,
        query.dashboard_id ?? null,
      ],
    );
    const data = rows.slice(0, limit);
    const last = data.at(-1);
    return {
      data,
      next_cursor: last && rows.length > limit ? encodeCursor(`${last.created_at.toISOString()}|${last.id}`) : null,
    };
  }

  private async refuseDomains(identity: Identity, recipients: readonly string[]): Promise<void> {
    const domains = await this.permissions.allowedDomains(identity.organizationId);
    const errors = recipients.flatMap((address, index): ProblemItem[] =>
      isAllowed(address, domains)
        ? []
        : [
            {
              code: 'domain_not_allowed',
              message: `The organisation sends to these domains only: ${(domains ?? []).join(', ')}.`,
              pointer: `/recipients/${index}`,
            },
          ],
    );
    if (errors.length > 0) {
      throw unprocessable('domain_not_allowed', 'Not every recipient is in a domain that mail may go to.', errors);
    }
  }

  private async ownAddress(identity: Identity): Promise<string> {
    const user = identity.userId ? await this.database.manager.findOneBy(User, { id: identity.userId }) : null;
    const address = user ? parseMailAddress(user.email) : null;
    if (address) return address.address;
    throw unprocessable('no_recipient', 'Your key belongs to no person with an e-mail address; name the recipients.', [
      { code: 'no_recipient', message: 'Give at least one address.', pointer: '/recipients' },
    ]);
  }
}

/** Checked, each address once. */
function parseRecipients(texts: readonly string[]): string[] {
  const mistakes: ProblemItem[] = [];
  const addresses = texts.map((text, index) => {
    const parsed = parseMailAddress(text);
    if (!parsed) {
      mistakes.push({
        code: 'invalid_recipient',
        message: 'This is not one e-mail address such as ann@example.com.',
        pointer: `/recipients/${index}`,
      });
    }
    return parsed?.address ?? '';
  });
  if (mistakes.length > 0) {
    throw badRequest('invalid_recipient', 'Not every recipient is an e-mail address.', mistakes);
  }
  return [...new Set(addresses)];
}

function readCursor(cursor: string): { at: string; id: string } {
  const [at = '', id = ''] = decodeCursor(cursor).split('|');
  if (!isUuid(id) || Number.isNaN(Date.parse(at))) {
    throw badRequest('invalid_cursor', 'The cursor is not one that this list gave out; leave it away to start anew.');
  }
  return { at, id };
}
