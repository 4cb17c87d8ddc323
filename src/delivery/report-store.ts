import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

const PART_BYTES = 1_000_000;
/** Files are kept for so long: for further attempts, links in mails and as evidence. */
export const KEEP_FILES_DAYS = 30;

/** One making of an occurrence's files; a worker that was overtaken writes beside, not over, what is being sent. */
export interface FileSet {
  readonly occurrenceId: string;
  readonly organizationId: string;
  readonly attempt: number;
}

/** Files of reports, in parts, in the system of record: every process can send what one has made. */
@Injectable()
export class ReportStore {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Writes a file piece by piece, however long it is. @returns its size in bytes */
  async write(set: FileSet, name: string, content: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<number> {
    let part = 0;
    let bytes = 0;
    let waiting: Buffer[] = [];
    let size = 0;
    const flush = async (): Promise<void> => {
      const whole = Buffer.concat(waiting);
      waiting = [];
      size = 0;
      await this.database.query(
        `INSERT INTO report_files (occurrence_id, organization_id, attempt, name, part, content)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (occurrence_id, attempt, name, part) DO UPDATE SET content = excluded.content`,
        [set.occurrenceId, set.organizationId, set.attempt, name, part, whole],
      );
      part += 1;
    };
    for await (const piece of content) {
      for (let at = 0; at < piece.length; at += PART_BYTES) {
        const slice = piece.subarray(at, at + PART_BYTES);
        waiting.push(slice);
        size += slice.length;
        bytes += slice.length;
        if (size >= PART_BYTES) await flush();
      }
    }
    if (size > 0 || part === 0) await flush();
    return bytes;
  }

  /** Reads a file part by part. Ends at once when there is none. */
  async *read({ occurrenceId, organizationId, attempt }: FileSet, name: string): AsyncGenerator<Buffer> {
    for (let part = 0; ; part += 1) {
      const [row] = await this.database.query<{ content: Buffer }[]>(
        `SELECT content FROM report_files
         WHERE occurrence_id = $1 AND organization_id = $2 AND attempt = $3 AND name = $4 AND part = $5`,
        [occurrenceId, organizationId, attempt, name, part],
      );
      if (!row) return;
      yield row.content;
    }
  }

  /** The whole file; null when there is none. For what is known to be small. */
  async readWhole(set: FileSet, name: string): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    for await (const part of this.read(set, name)) parts.push(part);
    return parts.length === 0 ? null : Buffer.concat(parts);
  }

  /** Removes files that are older than they are kept for. */
  async purge(): Promise<void> {
    await this.database.query(`DELETE FROM report_files WHERE created_at < now() - make_interval(days => $1)`, [
      KEEP_FILES_DAYS,
    ]);
  }
}
