import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { ErasedCustomers } from '../protection/erased-customers.js';
import type { Delivery } from './delivery.entity.js';
import type { Occurrence } from './occurrence.entity.js';

/** Whether a mail may go to an address: the organisation's allowed domains, and who does not want or take mail. */
@Injectable()
export class MailPermissions {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly erased: ErasedCustomers,
  ) {}

  /** Domains to which an organisation may send, in lower case; null for all. */
  async allowedDomains(organizationId: string): Promise<readonly string[] | null> {
    const [row] = await this.database.query<{ allowed_domains: string[] | null }[]>(
      'SELECT allowed_domains FROM mail_settings WHERE organization_id = $1',
      [organizationId],
    );
    return row?.allowed_domains ?? null;
  }

  /** @returns why a delivery must not go out, in words; null when it may */
  async refusal(
    delivery: Pick<Delivery, 'organization_id' | 'recipient' | 'kind'>,
    occurrence: Pick<Occurrence, 'schedule_id'>,
  ): Promise<string | null> {
    const domains = await this.allowedDomains(delivery.organization_id);
    if (!isAllowed(delivery.recipient, domains)) {
      return 'The organisation does not send to this domain.';
    }
    const address = delivery.recipient.toLowerCase();
    // Of an erased person only the keyed hash is there.
    const hash = await this.erased.addressHash(delivery.organization_id, address);
    const [row] = await this.database.query<{ reason: string; created_at: Date }[]>(
      `SELECT reason, created_at FROM mail_suppressions
       WHERE organization_id = $1 AND address = ANY ($2)
         AND (schedule_id IS NULL OR schedule_id = $3::uuid)
         AND ($4 OR reason <> 'unsubscribed')
       LIMIT 1`,
      [delivery.organization_id, [address, hash ?? address], occurrence.schedule_id, delivery.kind === 'report'],
    );
    if (!row) return null;
    const since = row.created_at.toISOString().slice(0, 10);
    switch (row.reason) {
      case 'unsubscribed':
        return `The recipient has unsubscribed (${since}).`;
      case 'bounced':
        return `Mail to this address has bounced (${since}).`;
      case 'complained':
        return `The recipient has complained (${since}).`;
      default:
        return `The address is on the organisation’s suppression list (${since}).`;
    }
  }
}

/** Whether an address lies in one of the domains, or below it. */
export function isAllowed(address: string, domains: readonly string[] | null): boolean {
  if (domains === null) return true;
  const domain = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  return domains.some((allowed) => domain === allowed || domain.endsWith(`.${allowed}`));
}
