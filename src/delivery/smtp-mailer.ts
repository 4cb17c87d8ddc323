import { hostname } from 'node:os';
import { Readable } from 'node:stream';
import { parseConnectionUrl } from 'nodemailer/lib/shared';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { kept } from '../reports/render/words/said.js';
import type { Envelope, Mailer, MailOutcome } from './mail.js';

const CONNECT_MS = 20_000;
const SILENCE_MS = 60_000;
const CHUNK = 65_536;

/** What nodemailer says about a failed conversation. */
interface SmtpError extends Error {
  readonly code?: string;
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
}

/** Where mail is handed over, and who logs in there. */
export type SmtpTarget = ReturnType<typeof parseConnectionUrl>;

/** @param url `smtp://…` or `smtps://…` */
export const smtpTarget = (url: string): SmtpTarget => parseConnectionUrl(url);

/** How far a trial conversation came, and what stopped it there. */
export interface SmtpTrial {
  readonly failedAt: 'connection' | 'login' | null;
  readonly detail: string | null;
  readonly reply: string | null;
}

/**
 * Mail over SMTP, one conversation a message. The message is handed over only when the host has answered DATA with 354,
 * so that the moment after which an answer matters is known: once the last byte has left, a lost connection means
 * `unknown`; before that, nothing was sent.
 */
export class SmtpMailer implements Mailer {
  constructor(
    private readonly target: SmtpTarget,
    /** Longest whole conversation; a delivery's claim is held for longer. */
    private readonly timeoutMs: number,
  ) {}

  /** Connects, agrees on TLS, logs in and takes its leave; sends nothing. */
  async trial(): Promise<SmtpTrial> {
    const progress = { connected: false };
    try {
      await this.converse((connection, settle) => connection.reset((error) => settle(error, '')), progress);
      return { failedAt: null, detail: null, reply: null };
    } catch (thrown) {
      const error = thrown as SmtpError;
      const isLogin = progress.connected;
      const detail = error.responseCode
        ? `The mail host refused the ${isLogin ? 'log-in' : 'connection'}.`
        : kept('host_away', { cause: cause(error) });
      return {
        failedAt: isLogin ? 'login' : 'connection',
        detail,
        reply: error.response ? line(error.response) : null,
      };
    }
  }

  async send(envelope: Envelope, beforeData: () => Promise<boolean>, afterData?: () => void): Promise<MailOutcome> {
    const progress = { ended: false, withdrawn: false };
    const body = Readable.from(
      (async function* () {
        progress.withdrawn = !(await beforeData());
        if (progress.withdrawn) throw new Error('withdrawn');
        for (let at = 0; at < envelope.raw.length; at += CHUNK) yield envelope.raw.subarray(at, at + CHUNK);
        progress.ended = true;
        afterData?.();
      })(),
      { objectMode: false },
    );
    try {
      const reply = await this.converse((connection, settle) =>
        connection.send(
          { from: envelope.from.address, to: [envelope.to.address], size: envelope.raw.length },
          body,
          (error, info) => settle(error, info?.response),
        ),
      );
      return { outcome: 'accepted', reply: line(reply), smtp_code: Number(reply.slice(0, 3)) || 250 };
    } catch (error) {
      if (progress.withdrawn) return { outcome: 'withdrawn' };
      return explain(error as SmtpError, progress.ended);
    } finally {
      body.destroy();
    }
  }

  /** Connects, logs in, does the work, and takes its leave. @returns what the work settled with */
  private converse(
    work: (connection: SMTPConnection, settle: Settle) => void,
    progress: { connected: boolean } = { connected: false },
  ): Promise<string> {
    const { auth, ...options } = this.target;
    const connection = new SMTPConnection({
      ...options,
      name: ehloName(),
      connectionTimeout: Math.min(CONNECT_MS, this.timeoutMs),
      greetingTimeout: Math.min(CONNECT_MS, this.timeoutMs),
      socketTimeout: Math.min(SILENCE_MS, this.timeoutMs),
      dnsTimeout: Math.min(CONNECT_MS, this.timeoutMs),
    });
    return new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('The conversation took too long.')), this.timeoutMs);
      const settle: Settle = (error, reply) => {
        clearTimeout(timer);
        if (error) reject(error);
        else resolve(reply ?? '');
      };
      connection.on('error', settle);
      connection.once('end', () => settle(new Error('The connection was closed.')));
      connection.connect((error) => {
        if (error) return settle(error);
        progress.connected = true;
        if (!auth) return work(connection, settle);
        connection.login(auth, (refused) => (refused ? settle(refused) : work(connection, settle)));
      });
    }).then(
      (reply) => {
        connection.quit();
        return reply;
      },
      (error: unknown) => {
        connection.close();
        throw error;
      },
    );
  }
}

type Settle = (error: Error | null | undefined, reply?: string) => void;

/** A reply is an answer; silence is one only while the message was still here. */
function explain(error: SmtpError, ended: boolean): MailOutcome {
  const reply = error.response ? line(error.response) : undefined;
  const code = error.responseCode;
  if (code !== undefined && reply !== undefined && code >= 400) {
    // A refused log-in or greeting is about this installation, not about the recipient.
    const aboutMessage = /^(MAIL FROM|RCPT TO|DATA)/.test(error.command ?? '');
    if (code >= 500 && aboutMessage) {
      return { outcome: 'rejected', reason: 'The mail host refused the message.', reply, smtp_code: code };
    }
    return { outcome: 'retry', reason: 'The mail host refused for now.', reply, smtp_code: code };
  }
  if (error.code === 'EENVELOPE' || error.code === 'EMESSAGE') {
    return { outcome: 'rejected', reason: error.message, reply: reply ?? '', smtp_code: code ?? 0 };
  }
  return ended
    ? { outcome: 'unknown', reason: kept('answer_lost') }
    : { outcome: 'retry', reason: kept('host_away', { cause: cause(error) }) };
}

/** The system's own code, which nodemailer leaves in the message only; the message itself names hosts. */
const cause = (error: SmtpError): string =>
  /\bE[A-Z]{4,}\b/.exec(error.message)?.[0] ?? error.code ?? 'connection lost';

const line = (reply: string): string => reply.replaceAll(/\s+/g, ' ').trim().slice(0, 500);

const ehloName = (): string => (/^[A-Za-z0-9.-]+$/.test(hostname()) ? hostname() : 'localhost');
