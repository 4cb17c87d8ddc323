import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Envelope, Mailer, MailOutcome } from './mail.js';

/** Mail as files, for an installation without a mail host: `DATA_DIR/outbox/*.eml`, whole or not there at all. */
export class Outbox implements Mailer {
  readonly folder: string;

  constructor(dataDir: string) {
    this.folder = join(dataDir, 'outbox');
  }

  async send(envelope: Envelope, beforeData: () => Promise<boolean>): Promise<MailOutcome> {
    const temporary = join(this.folder, `.${envelope.filename}.part`);
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      const file = await open(temporary, 'w', 0o600);
      try {
        await file.writeFile(envelope.raw);
        await file.sync();
      } finally {
        await file.close();
      }
      if (!(await beforeData())) {
        await rm(temporary, { force: true });
        return { outcome: 'withdrawn' };
      }
      await rename(temporary, join(this.folder, envelope.filename));
      return { outcome: 'accepted', reply: 'Written to the outbox', filename: envelope.filename };
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      return { outcome: 'retry', reason: `The outbox could not be written (${code}).` };
    }
  }
}
