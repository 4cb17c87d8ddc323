import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { parseMailAddress } from '../delivery/mail-address.js';
import type { ScheduleRecipient } from './schedule.entity.js';

/** Looks up who a schedule's recipients are at this moment. */
@Injectable()
export class Recipients {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Checked addresses, each once, in a fixed order; people who have left the organisation or the team are not among them. */
  async addresses(organizationId: string, recipients: readonly ScheduleRecipient[]): Promise<readonly string[]> {
    const found = new Set<string>();
    for (const recipient of recipients) {
      if ('email' in recipient) found.add(recipient.email);
      else if ('user_id' in recipient) {
        for (const email of await this.members(organizationId, [recipient.user_id])) found.add(email);
      } else {
        for (const email of await this.team(organizationId, recipient.team_id)) found.add(email);
      }
    }
    return [...found].sort();
  }

  /** Those of the user and team ids that the organisation does not have. */
  async unknown(
    organizationId: string,
    recipients: readonly ScheduleRecipient[],
  ): Promise<readonly ScheduleRecipient[]> {
    const missing: ScheduleRecipient[] = [];
    for (const recipient of recipients) {
      if ('user_id' in recipient && (await this.members(organizationId, [recipient.user_id])).length === 0) {
        missing.push(recipient);
      }
      if ('team_id' in recipient && !(await this.hasTeam(organizationId, recipient.team_id))) missing.push(recipient);
    }
    return missing;
  }

  private async members(organizationId: string, userIds: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ email: string }[]>(
      `SELECT users.email FROM users JOIN memberships ON memberships.user_id = users.id
       WHERE memberships.organization_id = $1 AND users.id = ANY ($2::uuid[])`,
      [organizationId, userIds],
    );
    return rows.flatMap(({ email }) => parseMailAddress(email)?.address ?? []);
  }

  private async team(organizationId: string, teamId: string): Promise<string[]> {
    const rows = await this.database.query<{ user_id: string }[]>(
      `SELECT team_members.user_id FROM team_members JOIN teams ON teams.id = team_members.team_id
       WHERE teams.organization_id = $1 AND teams.id = $2`,
      [organizationId, teamId],
    );
    return this.members(
      organizationId,
      rows.map(({ user_id }) => user_id),
    );
  }

  private async hasTeam(organizationId: string, teamId: string): Promise<boolean> {
    const rows = await this.database.query<unknown[]>('SELECT FROM teams WHERE organization_id = $1 AND id = $2', [
      organizationId,
      teamId,
    ]);
    return rows.length > 0;
  }
}
