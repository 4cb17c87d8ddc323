import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { isIP } from 'node:net';
import { addressOf } from '../../common/outside-address.js';
import { Problem } from '../../common/problem.js';
import { APP_CONFIG, type AppConfig } from '../../config/config.js';
import { SecretStore } from '../../secrets/secret-store.js';
import { parseMailAddress, type MailAddress } from '../mail-address.js';
import type { Envelope, Mailer, MailOutcome } from '../mail.js';
import { SmtpMailer, type SmtpTarget } from '../smtp-mailer.js';
import type { MailSecurity } from './mail-host.dto.js';

/** Name under which the password is kept. */
export const PASSWORD = 'smtp.password';

/** A row of `mail_hosts`. */
export interface MailHost {
  readonly host: string;
  readonly port: number;
  readonly security: MailSecurity;
  readonly username: string | null;
  readonly from_address: string;
  readonly verified_at: Date | null;
  readonly updated_at: Date;
}

/** The mail hosts of organisations' own, as they are at the moment of sending. */
@Injectable()
export class MailHosts {
  private readonly from: MailAddress;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly secrets: SecretStore,
  ) {
    const from = parseMailAddress(config.mailFrom);
    if (!from) throw new Error('MAIL_FROM must be one e-mail address, e.g. Reports <reports@example.com>');
    this.from = from;
  }

  /** Null where the organisation's mail goes out through the installation's host. */
  async find(organizationId: string): Promise<MailHost | null> {
    const [row] = await this.database.query<MailHost[]>(
      `SELECT host, port, security, username, from_address, verified_at, updated_at FROM mail_hosts
       WHERE organization_id = $1`,
      [organizationId],
    );
    return row ?? null;
  }

  /** From whom the organisation's mail comes. */
  async fromOf(organizationId: string): Promise<MailAddress> {
    const own = await this.find(organizationId);
    return (own && parseMailAddress(own.from_address)) ?? this.from;
  }

  /** Names the host that the mail of an organisation goes through: so many conversations with it are held at once. */
  async nameOf(organizationId: string): Promise<string | null> {
    const own = await this.find(organizationId);
    return own && `${own.host.toLowerCase()}:${own.port}`;
  }

  /** @throws Problem where the host may not or can't be connected to, or Error where its password does not open */
  async mailerOf(organizationId: string, { host, port, security, username }: MailHost): Promise<SmtpMailer> {
    const address = await addressOf(host, this.config.privateMailHosts);
    const password = username === null ? null : await this.secrets.open(organizationId, PASSWORD);
    const target: SmtpTarget = {
      // The address that was looked at, not the name, which may lead elsewhere by now; its certificate is for the name.
      host: address,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      tls: isIP(host) === 0 ? { servername: host } : {},
      ...(username === null ? {} : { auth: { user: username, pass: password ?? '' } }),
    };
    return new SmtpMailer(target, this.config.mailSeconds * 1_000);
  }
}

/** Sends through an organisation's own host where it has one; whatever is wrong with that host is that organisation's alone. */
export class RoutedMailer implements Mailer {
  constructor(
    private readonly installation: Mailer,
    private readonly hosts: MailHosts,
  ) {}

  async send(envelope: Envelope, beforeData: () => Promise<boolean>, afterData?: () => void): Promise<MailOutcome> {
    const { organizationId } = envelope;
    const own = await this.hosts.find(organizationId);
    if (!own) return this.installation.send(envelope, beforeData, afterData);
    let mailer: SmtpMailer;
    try {
      mailer = await this.hosts.mailerOf(organizationId, own);
    } catch (error) {
      const reason = error instanceof Problem ? error.detail : 'The password of the mail host can’t be opened.';
      return { outcome: 'retry', reason };
    }
    return mailer.send(envelope, beforeData, afterData);
  }
}
