import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface MailCatcher {
  /** For `SMTP_URL`. */
  readonly url: string;
  readonly port: number;
  /** What came, in order, by recipient. */
  readonly mails: Map<string, Buffer[]>;
  close(): Promise<void>;
}

/**
 * A mail host on this machine that keeps what it takes: all but what goes to `nobody…`, unless `options` say otherwise. Without
 * TLS unless they have a key.
 */
export async function catchMails(options: SMTPServerOptions = {}): Promise<MailCatcher> {
  const mails: MailCatcher['mails'] = new Map();
  const host = new SMTPServer({
    disableReverseLookup: true,
    ...(options.key ? {} : { authOptional: true, disabledCommands: ['STARTTLS'] }),
    onRcptTo: ({ address }, _session, done) =>
      done(address.startsWith('nobody') ? Object.assign(new Error('No such user'), { responseCode: 550 }) : null),
    ...options,
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        for (const { address } of session.envelope.rcptTo) {
          mails.set(address, [...(mails.get(address) ?? []), Buffer.concat(chunks)]);
        }
        done();
      });
    },
  });
  host.on('error', () => undefined);
  await new Promise<void>((resolve) => host.listen(0, resolve));
  const { port } = (host.server as { address(): AddressInfo }).address();
  const close = (): Promise<void> => new Promise((resolve) => host.close(() => resolve()));
  return { url: `smtp://127.0.0.1:${port}`, port, mails, close };
}
