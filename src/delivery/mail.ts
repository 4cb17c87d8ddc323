import type { AppConfig } from '../config/config.js';
import type { MailAddress } from './mail-address.js';
import { Outbox } from './outbox.js';
import { SmtpMailer, smtpTarget } from './smtp-mailer.js';

/** A composed message and where it goes. */
export interface Envelope {
  /** Whose mail it is; it may go out through a host of its own. */
  readonly organizationId: string;
  readonly from: MailAddress;
  readonly to: MailAddress;
  readonly raw: Buffer;
  /** For the outbox: the file's name without folder; unique. */
  readonly filename: string;
}

/** How an attempt ended, with what speaks for it. */
export type MailOutcome =
  | { readonly outcome: 'accepted'; readonly reply: string; readonly smtp_code?: number; readonly filename?: string }
  /** The mail host said no for good (5xx about this sender, recipient or message). */
  | { readonly outcome: 'rejected'; readonly reason: string; readonly reply: string; readonly smtp_code: number }
  /** It certainly did not go out: try again. */
  | { readonly outcome: 'retry'; readonly reason: string; readonly reply?: string; readonly smtp_code?: number }
  /** The whole message went out, and the answer never came. */
  | { readonly outcome: 'unknown'; readonly reason: string }
  /** `beforeData` said no. */
  | { readonly outcome: 'withdrawn' };

export interface Mailer {
  /**
   * Hands over one message to one recipient. `beforeData` is asked right before the message itself leaves; on false
   * nothing is sent. `afterData` is told when the whole message has been handed to the connection. Never throws for trouble on the way: that is an outcome.
   */
  send(envelope: Envelope, beforeData: () => Promise<boolean>, afterData?: () => void): Promise<MailOutcome>;
}

/** Injection token of the {@link Mailer}. */
export const MAILER = Symbol('MAILER');

/** SMTP where there is a host, else files in the outbox. */
export const createMailer = (config: Pick<AppConfig, 'smtpUrl' | 'dataDir' | 'mailSeconds'>): Mailer =>
  config.smtpUrl === null
    ? new Outbox(config.dataDir)
    : new SmtpMailer(smtpTarget(config.smtpUrl), config.mailSeconds * 1_000);
