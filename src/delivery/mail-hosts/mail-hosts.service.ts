import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../../access/identity.js';
import { actorOf } from '../../audit/actor.js';
import { AuditTrail } from '../../audit/audit-trail.js';
import { addressOf } from '../../common/outside-address.js';
import { badRequest, notFound, Problem, type ProblemItem } from '../../common/problem.js';
import { newId } from '../../common/uuid.js';
import { APP_CONFIG, type AppConfig } from '../../config/config.js';
import { SecretStore } from '../../secrets/secret-store.js';
import { parseMailAddress, type MailAddress } from '../mail-address.js';
import { composeMail } from '../mail-message.js';
import { MailPermissions, isAllowed } from '../mail-permissions.js';
import type { SmtpMailer } from '../smtp-mailer.js';
import type { MailHostDto, MailHostVerificationDto, PutMailHostDto, VerifyStep } from './mail-host.dto.js';
import { MailHosts, PASSWORD, type MailHost } from './mail-hosts.js';

/** Ports on which mail is handed over. */
const MAIL_PORTS: readonly number[] = [25, 465, 587, 2465, 2525, 2587];

/** The doors to an organisation's own mail host. */
@Injectable()
export class MailHostsService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly hosts: MailHosts,
    private readonly secrets: SecretStore,
    private readonly permissions: MailPermissions,
    private readonly audit: AuditTrail,
  ) {}

  async get({ organizationId }: Identity): Promise<{ mail_host: MailHostDto | null }> {
    const host = await this.hosts.find(organizationId);
    return { mail_host: host && this.presented(host, await this.hasPassword(organizationId)) };
  }

  /**
   * Sets the host; the next mail goes out through it.
   * @throws Problem 400 `invalid_request`, 422 `host_unknown`, `host_not_allowed`, 409 `secrets_key_missing`
   */
  async put(identity: Identity, body: PutMailHostDto): Promise<{ mail_host: MailHostDto | null }> {
    const { organizationId } = identity;
    const before = await this.hosts.find(organizationId);
    const { host, port } = body;
    const username = body.username ?? null;
    const security = body.security ?? (port === 465 ? 'tls' : 'starttls');
    const from = parseMailAddress(body.from);
    const isSameAccount = before !== null && before.host === host && before.username === username;
    const keepsPassword = isSameAccount && body.password === undefined && (await this.hasPassword(organizationId));
    const errors: ProblemItem[] = [];
    const fail = (pointer: string, message: string): void =>
      void errors.push({ code: 'wrong_value', message, pointer });
    if (!from) fail('/from', 'This is not one e-mail address such as Reports <reports@example.com>.');
    if (!this.config.privateMailHosts && !MAIL_PORTS.includes(port)) {
      fail('/port', `Mail is handed over on the ports ${MAIL_PORTS.join(', ')}.`);
    }
    if (username === null && body.password != null) fail('/username', 'A password needs its user name.');
    if (username !== null && body.password == null && !keepsPassword) {
      fail('/password', 'Give the password: none is kept for this host and user.');
    }
    if (username !== null && security === 'none') {
      fail('/security', 'A password never goes over a connection in the clear; use tls or starttls.');
    }
    if (errors.length > 0) throw badRequest('invalid_request', errors.map(({ message }) => message).join(' '), errors);
    await addressOf(host, this.config.privateMailHosts);
    const change = { actor: actorOf(identity) };
    await this.database.transaction(async (manager) => {
      await manager.query(
        `INSERT INTO mail_hosts (organization_id, host, port, security, username, from_address)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (organization_id) DO UPDATE SET host = excluded.host, port = excluded.port,
           security = excluded.security, username = excluded.username, from_address = excluded.from_address,
           verified_at = NULL, updated_at = now()`,
        [organizationId, host, port, security, username, body.from.trim()],
      );
      if (username === null) await this.secrets.remove(organizationId, PASSWORD, { ...change, manager });
      else if (body.password != null) {
        await this.secrets.put(organizationId, PASSWORD, body.password, { ...change, manager });
      }
      await this.audit.record(manager, {
        organizationId,
        ...change,
        action: before ? 'mail_host.update' : 'mail_host.create',
        entity: ['mail_host', null],
        before: before && factsOf(before),
        after: { host, port, security, username, from: body.from.trim() },
      });
    });
    return this.get(identity);
  }

  /** Back to the installation's mail host. */
  async remove(identity: Identity): Promise<void> {
    const { organizationId } = identity;
    const before = await this.hosts.find(organizationId);
    if (!before) throw notFound('The organisation has no mail host of its own.');
    const change = { actor: actorOf(identity) };
    await this.database.transaction(async (manager) => {
      await manager.query('DELETE FROM mail_hosts WHERE organization_id = $1', [organizationId]);
      await this.secrets.remove(organizationId, PASSWORD, { ...change, manager });
      const entity = ['mail_host', null] as const;
      await this.audit.record(manager, {
        organizationId,
        ...change,
        action: 'mail_host.delete',
        entity,
        before: factsOf(before),
      });
    });
  }

  /** Holds a real conversation with the host: connects, logs in and, if asked to, sends a test mail. */
  async verify(identity: Identity, to?: string): Promise<MailHostVerificationDto> {
    const { organizationId } = identity;
    const host = await this.hosts.find(organizationId);
    if (!host) throw notFound('The organisation has no mail host of its own; set one with PUT /api/reports/mail-host.');
    const recipient = to === undefined ? null : await this.recipient(organizationId, to);
    const failed = (failed_at: VerifyStep, detail: string, reply: string | null = null): MailHostVerificationDto => ({
      verified: false,
      failed_at,
      detail,
      reply,
    });
    let mailer: SmtpMailer;
    try {
      mailer = await this.hosts.mailerOf(organizationId, host);
    } catch (error) {
      if (error instanceof Problem) return failed('address', error.detail);
      return failed('login', 'The password that is kept can’t be opened; give it anew.');
    }
    const trial = await mailer.trial();
    if (trial.failedAt !== null) return failed(trial.failedAt, trial.detail ?? '', trial.reply);
    if (recipient) {
      const outcome = await this.sendTest(identity, mailer, recipient);
      if (outcome !== null) return failed('mail', outcome.reason, outcome.reply);
    }
    await this.database.query(
      `UPDATE mail_hosts SET verified_at = now()
       WHERE organization_id = $1 AND date_trunc('milliseconds', updated_at) = $2`,
      [organizationId, host.updated_at],
    );
    return { verified: true, failed_at: null, detail: null, reply: null };
  }

  /** @returns why it was not sent; null when it was */
  private async sendTest(
    { organizationId, organizationSlug }: Identity,
    mailer: SmtpMailer,
    to: MailAddress,
  ): Promise<{ reason: string; reply: string | null } | null> {
    const from = await this.hosts.fromOf(organizationId);
    const text = `This is a test: reports of ${organizationSlug} reach this address through the organisation’s own mail host.\n`;
    const raw = await composeMail({
      from,
      to,
      subject: 'Test of your reports’ mail host',
      text,
      html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Test</title></head><body style="font-family:sans-serif"><p>${text.trim()}</p></body></html>`,
      messageId: `<${newId()}@${from.address.split('@')[1] ?? 'localhost'}>`,
      date: new Date(),
      inline: [],
      attachments: [],
    });
    const outcome = await mailer.send({ organizationId, from, to, raw, filename: '' }, () => Promise.resolve(true));
    if (outcome.outcome === 'accepted') return null;
    if (outcome.outcome === 'withdrawn') return { reason: 'The test mail was withdrawn.', reply: null };
    return { reason: outcome.reason, reply: 'reply' in outcome ? (outcome.reply ?? null) : null };
  }

  private async recipient(organizationId: string, text: string): Promise<MailAddress> {
    const refuse = (code: string, message: string): Problem =>
      badRequest(code, message, [{ code, message, pointer: '/to' }]);
    const to = parseMailAddress(text);
    if (!to) throw refuse('invalid_recipient', 'This is not one e-mail address such as ann@example.com.');
    if (!isAllowed(to.address, await this.permissions.allowedDomains(organizationId))) {
      throw refuse('domain_not_allowed', 'The organisation does not send to this domain.');
    }
    return to;
  }

  private async hasPassword(organizationId: string): Promise<boolean> {
    return (await this.secrets.names(organizationId)).some(({ name }) => name === PASSWORD);
  }

  private presented(host: MailHost, has_password: boolean): MailHostDto {
    return {
      ...factsOf(host),
      has_password,
      verified_at: host.verified_at?.toISOString() ?? null,
      updated_at: host.updated_at.toISOString(),
    };
  }
}

const factsOf = ({
  host,
  port,
  security,
  username,
  from_address: from,
}: MailHost): Omit<MailHostDto, 'has_password' | 'verified_at' | 'updated_at'> => ({
  host,
  port,
  security,
  username,
  from,
});
