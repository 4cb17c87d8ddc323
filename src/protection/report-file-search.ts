import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { isSearchable, mentions, needles } from './file-search.js';

interface StoredFile {
  readonly occurrence_id: string;
  readonly attempt: number;
  readonly name: string;
}

/** Files of sent reports that name a person. */
@Injectable()
export class ReportFileSearch {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  /** Occurrences of which some file names one of the words. */
  async find(organizationId: string, words: readonly string[]): Promise<string[]> {
    const wanted = needles(words);
    const files = await this.database.query<StoredFile[]>(
      `SELECT DISTINCT occurrence_id, attempt, name FROM report_files WHERE organization_id = $1 ORDER BY occurrence_id, name`,
      [organizationId],
    );
    const found = new Set<string>();
    for (const file of files) {
      if (found.has(file.occurrence_id) || !isSearchable(file.name)) continue;
      if (await mentions(file.name, this.parts(organizationId, file), wanted)) found.add(file.occurrence_id);
    }
    return [...found];
  }

  /** All files of these occurrences; that they were sent, and to whom, stays. */
  async remove(manager: EntityManager, organizationId: string, occurrences: readonly string[]): Promise<void> {
    await manager.query('DELETE FROM report_files WHERE organization_id = $1 AND occurrence_id = ANY ($2)', [
      organizationId,
      occurrences,
    ]);
  }

  private async *parts(organizationId: string, { occurrence_id, attempt, name }: StoredFile): AsyncGenerator<Buffer> {
    for (let part = 0; ; part += 1) {
      const [row] = await this.database.query<{ content: Buffer }[]>(
        `SELECT content FROM report_files
         WHERE organization_id = $1 AND occurrence_id = $2 AND attempt = $3 AND name = $4 AND part = $5`,
        [organizationId, occurrence_id, attempt, name, part],
      );
      if (!row) return;
      yield row.content;
    }
  }
}
