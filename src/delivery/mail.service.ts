import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { actorOf, ownWork, type Actor } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { DEFAULT_PAGE, decodeCursor, encodeCursor } from '../common/page.js';
import { badRequest, notFound } from '../common/problem.js';
import { isUuid, newId } from '../common/uuid.js';
import type { BounceDto, BounceReplyDto, MailSettingsDto, NewSuppressionDto, SuppressionQuery } from './mail.dto.js';
import type { SuppressionDto, SuppressionListDto, SuppressionReason } from './mail.dto.js';
import { parseMailAddress } from './mail-address.js';
import { MailPermissions } from './mail-permissions.js';
import type { Occurrence } from './occurrence.entity.js';

const COLUMNS = 'id, address, schedule_id, reason, detail, created_at';

/** Where an organisation's reports may go: its allowed domains, and the addresses that want or take none. */
@Injectable()
export class MailService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly permissions: MailPermissions,
    private readonly audit: AuditTrail,
  ) {}

  async settings(identity: Identity): Promise<MailSettingsDto> {
    const domains = await this.permissions.allowedDomains(identity.organizationId);
    return { allowed_domains: domains === null ? null : [...domains] };
  }

  async change(identity: Identity, { allowed_domains }: MailSettingsDto): Promise<MailSettingsDto> {
    const before = await this.settings(identity);
    const { organizationId } = identity;
    await this.database.transaction(async (manager) => {
      await manager.query(
        `INSERT INTO mail_settings (organization_id, allowed_domains) VALUES ($1, $2)
         ON CONFLICT (organization_id) DO UPDATE SET allowed_domains = excluded.allowed_domains, updated_at = now()`,
        [organizationId, allowed_domains ?? null],
      );
      const entity = ['mail_settings', null] as const;
      const actor = actorOf(identity);
      const action = 'mail_settings.update';
      await this.audit.record(manager, { organizationId, actor, action, entity, before, after: { allowed_domains } });
    });
    return this.settings(identity);
  }

  async suppressions({ organizationId }: Identity, query: SuppressionQuery): Promise<SuppressionListDto> {
    const limit = query.limit ?? DEFAULT_PAGE;
    const after = query.cursor === undefined ? null : decodeCursor(query.cursor);
    if (after !== null && !isUuid(after)) throw badRequest('invalid_cursor', 'The cursor is not one of this list.');
    const rows = await this.database.query<SuppressionDto[]>(
      `SELECT ${COLUMNS} FROM mail_suppressions WHERE organization_id = $1
         AND ($2::uuid IS NULL OR (created_at, id) < (SELECT created_at, id FROM mail_suppressions WHERE id = $2))
       ORDER BY created_at DESC, id DESC LIMIT $3`,
      [organizationId, after, limit + 1],
    );
    const data = rows.slice(0, limit);
    const last = data.at(-1);
    return { data, next_cursor: last && rows.length > limit ? encodeCursor(last.id) : null };
  }

  async suppress(identity: Identity, wanted: NewSuppressionDto): Promise<SuppressionDto> {
    const parsed = parseMailAddress(wanted.address);
    if (!parsed) {
      const message = 'This is not one e-mail address such as ann@example.com.';
      throw badRequest('invalid_recipient', message, [{ code: 'invalid_recipient', message, pointer: '/address' }]);
    }
    const scheduleId = wanted.schedule_id ?? null;
    if (scheduleId !== null) {
      const rows = await this.database.query<unknown[]>(
        'SELECT FROM report_schedules WHERE id = $1 AND organization_id = $2',
        [scheduleId, identity.organizationId],
      );
      if (rows.length === 0) throw notFound(`There is no schedule with the id ${scheduleId}.`);
    }
    return this.database.transaction((manager) =>
      this.write(manager, identity.organizationId, actorOf(identity), {
        address: parsed.address,
        scheduleId,
        reason: 'by_hand',
        detail: wanted.detail ?? null,
      }),
    );
  }

  async allowAgain(identity: Identity, id: string): Promise<void> {
    const { organizationId } = identity;
    await this.database.transaction(async (manager) => {
      const [rows] = await manager.query<[SuppressionDto[], number]>(
        `DELETE FROM mail_suppressions WHERE id = $1 AND organization_id = $2 RETURNING ${COLUMNS}`,
        [isUuid(id) ? id : newId(), organizationId],
      );
      const [before] = rows;
      if (!before) throw notFound(`There is no suppressed address with the id ${id}.`);
      const entity = ['mail_suppression', id] as const;
      const action = 'mail_suppression.delete';
      await this.audit.record(manager, { organizationId, actor: actorOf(identity), action, entity, before });
    });
  }

  /** Takes note of a mail that came back after it had been accepted. */
  async bounce(identity: Identity, bounce: BounceDto): Promise<BounceReplyDto> {
    const { organizationId } = identity;
    const deliveryId = /^<?([0-9a-f-]{36})@/i.exec(bounce.message_id ?? '')?.[1] ?? null;
    const [delivery] =
      deliveryId !== null && isUuid(deliveryId)
        ? await this.database.query<{ id: string; recipient: string }[]>(
            'SELECT id, recipient FROM deliveries WHERE id = $1 AND organization_id = $2',
            [deliveryId, organizationId],
          )
        : [];
    const address = delivery?.recipient ?? (bounce.address && parseMailAddress(bounce.address)?.address);
    if (!address) {
      throw badRequest('unknown_mail', 'Give the `message_id` of a mail that this organisation sent, or an `address`.');
    }
    const suppressed = bounce.type !== 'soft';
    await this.database.transaction(async (manager) => {
      if (delivery) {
        const note = {
          attempt: 0,
          at: new Date().toISOString(),
          outcome: 'bounced',
          reason: bounce.detail ?? bounce.type,
        };
        await manager.query(
          'UPDATE deliveries SET evidence = evidence || $2::jsonb, updated_at = now() WHERE id = $1',
          [delivery.id, JSON.stringify([note])],
        );
      }
      if (suppressed) {
        await this.write(manager, organizationId, actorOf(identity), {
          address,
          scheduleId: null,
          reason: bounce.type === 'hard' ? 'bounced' : 'complained',
          detail: bounce.detail ?? null,
        });
      }
    });
    return { delivery_id: delivery?.id ?? null, suppressed };
  }

  /** A recipient leaves the mailing of one schedule. Doing it twice is doing it once. */
  async unsubscribe(occurrence: Occurrence, address: string): Promise<void> {
    await this.database.transaction((manager) =>
      this.write(manager, occurrence.organization_id, ownWork('job'), {
        address,
        scheduleId: occurrence.schedule_id,
        reason: 'unsubscribed',
        detail: null,
      }),
    );
  }

  private async write(
    manager: EntityManager,
    organizationId: string,
    actor: Actor,
    entry: { address: string; scheduleId: string | null; reason: SuppressionReason; detail: string | null },
  ): Promise<SuppressionDto> {
    const [written] = await manager.query<SuppressionDto[]>(
      `INSERT INTO mail_suppressions (id, organization_id, address, schedule_id, reason, detail)
       SELECT $1, $2, $3, (SELECT id FROM report_schedules WHERE id = $4), $5, $6
       ON CONFLICT (organization_id, address, coalesce(schedule_id, '00000000-0000-0000-0000-000000000000'))
         DO UPDATE SET reason = mail_suppressions.reason
       RETURNING ${COLUMNS}`,
      [newId(), organizationId, entry.address.toLowerCase(), entry.scheduleId, entry.reason, entry.detail],
    );
    if (!written) throw new Error('The suppression was not written.');
    await this.audit.record(manager, {
      organizationId,
      actor,
      action: 'mail_suppression.create',
      entity: ['mail_suppression', written.id],
      after: written,
    });
    return written;
  }
}
