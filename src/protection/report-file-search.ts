import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { ReportStore } from '../delivery/report-store.js';
import { isSearchable, mentions, needles } from './file-search.js';

interface StoredFile {
  readonly occurrence_id: string;
  readonly attempt: number;
  readonly name: string;
}

/** Files of sent reports that name a person. */
@Injectable()
export class ReportFileSearch {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly store: ReportStore,
  ) {}

  /** Occurrences of which some file names one of the words. */
  async find(organizationId: string, words: readonly string[]): Promise<string[]> {
    const wanted = needles(words);
    const files = await this.database.query<StoredFile[]>(
      `SELECT DISTINCT occurrence_id, attempt, name FROM report_files WHERE organization_id = $1 ORDER BY occurrence_id, name`,
      [organizationId],
    );
    const found = new Set<string>();
    for (const { occurrence_id: occurrenceId, attempt, name } of files) {
      if (found.has(occurrenceId) || !isSearchable(name)) continue;
      const content = this.store.read({ occurrenceId, organizationId, attempt }, name);
      if (await mentions(name, content, wanted)) found.add(occurrenceId);
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
}
