import MailComposer from 'nodemailer/lib/mail-composer';
import type { MailAddress } from './mail-address.js';

export interface MailAttachment {
  readonly filename: string;
  /** `application/pdf`, `text/csv`, … */
  readonly contentType: string;
  readonly content: Buffer;
}

export interface MailMessage {
  readonly from: MailAddress;
  readonly to: MailAddress;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Pictures that the HTML shows as `cid:<id>`. */
  readonly inline: readonly {
    readonly cid: string;
    readonly filename: string;
    readonly png: Buffer;
    /** `image/png` unless told. */
    readonly type?: 'image/png' | 'image/jpeg';
  }[];
  readonly attachments: readonly MailAttachment[];
  /** With angle brackets; the same for every attempt, so that a receiver can tell a repetition. */
  readonly messageId: string;
  readonly date: Date;
  /** Leaves the mailing with one click, as RFC 8058 has it. */
  readonly unsubscribeUrl?: string;
}

/**
 * The message as it goes over the wire.
 * @throws Error when a header value holds a line end
 */
export async function composeMail(message: MailMessage): Promise<Buffer> {
  for (const value of [message.subject, message.messageId, message.from.name, message.to.name]) {
    if (/[\r\n\0]/.test(value)) throw new Error('A mail header must not hold a line end.');
  }
  const mail = new MailComposer({
    from: { ...message.from },
    to: { ...message.to },
    subject: message.subject,
    text: message.text,
    html: message.html,
    messageId: message.messageId,
    date: message.date,
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
      ...(message.unsubscribeUrl === undefined
        ? {}
        : {
            'List-Unsubscribe': `<${message.unsubscribeUrl}>`,
            'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
          }),
    },
    attachments: [
      ...message.inline.map(({ cid, filename, png, type = 'image/png' }) => ({
        cid,
        filename,
        content: png,
        contentType: type,
        contentDisposition: 'inline',
      })),
      ...message.attachments.map(({ filename, contentType, content }) => ({ filename, contentType, content })),
    ],
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return mail.compile().build();
}
