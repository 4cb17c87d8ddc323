import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { policyOf, seesAll } from '../access/policy.js';
import { User } from '../access/user.entity.js';
import { decodeCursor, encodeCursor } from '../common/page.js';
import { badRequest, Problem, unprocessable, type ProblemItem } from '../common/problem.js';
import { isUuid, newId } from '../common/uuid.js';
import { JOB_QUEUE, type JobQueue } from '../jobs/job-queue.js';
import { ReportViewService } from '../reports/report-view.service.js';
import type { DeliverDto, DeliveryDto, DeliveryListDto, DeliveryQuery } from './delivery.dto.js';
import { Delivery } from './delivery.entity.js';
import { DELIVER_REPORT } from './delivery.worker.js';
import { parseMailAddress } from './mail-address.js';
import { DELIVERY_FORMATS, Occurrence } from './occurrence.entity.js';

/** Asks for reports to be sent, and reads the ledger of what became of them. */
@Injectable()
export class DeliveryService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    private readonly views: ReportViewService,
    private readonly audit: AuditTrail,
  ) {}

  /**
   * Sends a view now. The occurrence and its deliveries are written before anyone is woken, so that an accepted request
   * can't be forgotten.
   * @throws Problem `not_found`, `invalid_recipient`, `no_recipient`
   */
  async deliver(identity: Identity, viewId: string, wanted: DeliverDto): Promise<{ occurrence_id: string }> {
    const view = await this.views.find(identity, viewId);
    // Who asked is looked up again when it is sent, and a machine can't be.
    if (identity.userId === null && !seesAll(policyOf(identity)))
      throw new Problem(
        403,
        'policy_not_supported_here',
        'A key with limits has to belong to a person to send reports.',
      );
    const recipients = wanted.recipients ? parseRecipients(wanted.recipients) : [await this.ownAddress(identity)];
    const occurrenceId = newId();
    await this.database.transaction(async (manager) => {
      await manager.insert(Occurrence, {
        id: occurrenceId,
        organization_id: identity.organizationId,
        view_id: view.id,
        schedule_id: null,
        report_name: view.report_name,
        due_at: new Date(),
        requested_by: identity.userId,
        formats: [...(wanted.formats ?? DELIVERY_FORMATS)],
        artifacts: null,
      });
      await manager.insert(
        Delivery,
        recipients.map((recipient) => ({
          id: newId(),
          organization_id: identity.organizationId,
          occurrence_id: occurrenceId,
          recipient,
          state: 'pending' as const,
          attempt: 0,
        })),
      );
      await this.audit.record(manager, {
        organizationId: identity.organizationId,
        actor: actorOf(identity),
        action: 'report.deliver',
        entity: ['report_view', view.id],
        after: { occurrence_id: occurrenceId, formats: wanted.formats ?? DELIVERY_FORMATS, recipients },
      });
    });
    await this.queue.enqueue(DELIVER_REPORT, { occurrence_id: occurrenceId }, { id: occurrenceId });
    return { occurrence_id: occurrenceId };
  }

  /** The ledger, newest first: what the caller asked for, and what was sent of views that it may see. */
  async list(identity: Identity, query: DeliveryQuery): Promise<DeliveryListDto> {
    const limit = query.limit ?? 100;
    const after = query.cursor === undefined ? null : readCursor(query.cursor);
    const rows = await this.database.query<DeliveryDto[]>(
      `SELECT d.id, d.occurrence_id, o.view_id, o.report_name, d.recipient, d.state, d.attempt AS attempts, d.evidence,
              o.due_at, d.created_at, d.finished_at
       FROM deliveries d JOIN occurrences o ON o.id = d.occurrence_id
       LEFT JOIN marketing_report_views v ON v.id = o.view_id AND v.organization_id = o.organization_id
       WHERE d.organization_id = $1 AND o.organization_id = $1
         AND ($2 OR o.requested_by = $3::uuid OR v.created_by_user = $3::uuid OR v.visibility <> 'private')
         AND ($4::uuid IS NULL OR o.view_id = $4::uuid)
         AND ($5::uuid IS NULL OR d.occurrence_id = $5::uuid)
         AND ($6::text IS NULL OR d.state = $6::text)
         AND ($7::timestamptz IS NULL OR (date_trunc('milliseconds', d.created_at), d.id) < ($7::timestamptz, $8::uuid))
       ORDER BY date_trunc('milliseconds', d.created_at) DESC, d.id DESC
       LIMIT $9`,
      [
        identity.organizationId,
        identity.role === 'organization_admin',
        identity.userId,
        query.view_id ?? null,
        query.occurrence_id ?? null,
        query.state ?? null,
        after?.at ?? null,
        after?.id ?? null,
        limit + 1,
      ],
    );
    const data = rows.slice(0, limit);
    const last = data.at(-1);
    return {
      data,
      next_cursor: last && rows.length > limit ? encodeCursor(`${last.created_at.toISOString()}|${last.id}`) : null,
    };
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
