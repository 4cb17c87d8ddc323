import { ApiProperty } from '@nestjs/swagger';
import { SOURCE_CATEGORIES } from '../engine/engine.js';
import { IMPORT_STATES } from './import.entity.js';
import type { DataSourceEntity } from './data-source.entity.js';
import type { ImportRejectEntity } from './import-reject.entity.js';
import type { ImportEntity } from './import.entity.js';

const ID = 'f6c1f3a0-5a51-4a44-9d0c-0d6f6f1f5a10';

export class ImportWarningDto {
  @ApiProperty({ description: 'Stable code.', example: 'merged_rows' }) code!: string;
  @ApiProperty({ description: 'What happened and what to do.' }) message!: string;
  @ApiProperty({ description: 'How many rows it concerns.', example: 3 }) count!: number;
}

export class ImportAnswerDto {
  @ApiProperty({ format: 'uuid', example: ID }) import_id!: string;
  @ApiProperty({ description: 'loaded + replaced + unchanged + rejected', example: 120 }) read!: number;
  @ApiProperty({ description: 'Rows that were not there before.', example: 100 }) loaded!: number;
  @ApiProperty({ description: 'Rows that took the place of a row with other content.', example: 12 }) replaced!: number;
  @ApiProperty({ description: 'Rows equal to what was there.', example: 7 }) unchanged!: number;
  @ApiProperty({ description: 'Rows that were not taken; see `rejects`.', example: 1 }) rejected!: number;
  @ApiProperty({ example: `/api/integrations/imports/${ID}/rejects` }) rejects!: string;
  @ApiProperty({ type: [ImportWarningDto] }) warnings!: readonly ImportWarningDto[];
}

export class ImportFailureDto {
  @ApiProperty({ example: 'invalid_encoding' }) code!: string;
  @ApiProperty({ description: 'What went wrong and what to do.' }) detail!: string;
}

/** One import as `GET /api/integrations/imports` shows it. */
export class ImportDto extends ImportAnswerDto {
  @ApiProperty({ description: '`rows`, or the name of the preset.', example: 'meta_ads' }) preset!: string;
  @ApiProperty({ nullable: true, type: String, example: 'meta-2026-05.csv' }) filename!: string | null;
  @ApiProperty({ enum: IMPORT_STATES, description: '`committing`: decided, and visible shortly.' }) state!: string;
  @ApiProperty({ description: 'Of `replaced`: rows whose predecessor stood in the same import.' })
  replaced_within!: number;
  @ApiProperty({ description: 'Rejected lines that were kept.' }) rejects_stored!: number;
  @ApiProperty({ nullable: true, type: ImportFailureDto }) failure!: ImportFailureDto | null;
  @ApiProperty({ nullable: true, type: String, format: 'uuid' }) created_by_user!: string | null;
  @ApiProperty({ format: 'date-time' }) created_at!: string;
  @ApiProperty({ nullable: true, type: String, format: 'date-time' }) finished_at!: string | null;
}

export class ImportListDto {
  @ApiProperty({ type: [ImportDto] }) data!: ImportDto[];
  @ApiProperty({
    nullable: true,
    type: String,
    description: 'Give it back as `cursor` for the next page; null at the end.',
  })
  next_cursor!: string | null;
}

export class RejectDto {
  @ApiProperty({ description: 'Line of the file, counted from 1.', example: 17 }) line!: number;
  @ApiProperty({ description: 'Stable code.', example: 'not_a_number' }) code!: string;
  @ApiProperty({ example: 'spend: "abc" is not a number' }) reason!: string;
  @ApiProperty({ description: 'The line itself, at most 10,000 characters.' }) content!: string;
  @ApiProperty({ description: 'True when `content` was cut.' }) is_cut!: boolean;
}

export class RejectListDto {
  @ApiProperty({ type: [RejectDto] }) data!: RejectDto[];
  @ApiProperty({
    nullable: true,
    type: String,
    description: 'Give it back as `cursor` for the next page; null at the end.',
  })
  next_cursor!: string | null;
}

export class DataSourceDto {
  @ApiProperty({ example: 'meta_ads' }) data_source!: string;
  @ApiProperty({ enum: SOURCE_CATEGORIES }) source_category!: string;
  @ApiProperty({ format: 'date-time', description: 'Latest `recorded_at` of any row.' }) latest_recorded_at!: string;
  @ApiProperty({ nullable: true, type: String, format: 'uuid' }) last_import_id!: string | null;
  @ApiProperty({ description: 'Rows of this source in that import.' }) last_import_rows!: number;
  @ApiProperty({ format: 'date-time' }) last_import_at!: string;
}

export class DataSourceListDto {
  @ApiProperty({ type: [DataSourceDto] }) data!: DataSourceDto[];
  @ApiProperty({ nullable: true, type: String, description: 'Always null: the list is whole.' }) next_cursor!: null;
}

export const importDto = (entry: ImportEntity): ImportDto => ({
  import_id: entry.id,
  preset: entry.preset,
  filename: entry.filename,
  state: entry.state,
  read: entry.read,
  loaded: entry.loaded,
  replaced: entry.replaced,
  unchanged: entry.unchanged,
  rejected: entry.rejected,
  replaced_within: entry.replaced_within,
  rejects: `/api/integrations/imports/${entry.id}/rejects`,
  rejects_stored: entry.rejects_stored,
  warnings: entry.warnings,
  failure: entry.failure,
  created_by_user: entry.created_by_user,
  created_at: entry.created_at.toISOString(),
  finished_at: entry.finished_at?.toISOString() ?? null,
});

export const rejectDto = ({ line, code, reason, content, is_cut }: ImportRejectEntity): RejectDto => ({
  line,
  code,
  reason,
  content,
  is_cut,
});

export const dataSourceDto = (source: DataSourceEntity): DataSourceDto => ({
  data_source: source.data_source,
  source_category: source.source_category,
  latest_recorded_at: source.latest_recorded_at.toISOString(),
  last_import_id: source.last_import_id,
  last_import_rows: source.last_import_rows,
  last_import_at: source.last_import_at.toISOString(),
});
