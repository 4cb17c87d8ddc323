import { SMTPServer } from 'smtp-server';

/** A mail host that takes whatever comes and keeps it in `mails`, by recipient. The caller lets it listen, and closes it. */
export function mailCatcher(mails: Map<string, Buffer[]>): SMTPServer {
  const host = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
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
  return host;
}
