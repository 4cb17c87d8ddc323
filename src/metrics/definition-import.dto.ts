import { Field, Int, ObjectType } from '@nestjs/graphql';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { Described } from '../common/described.js';
import { DashboardImpactDto, DiagnosticDto, ViewImpactDto } from './metric.dto.js';
import { FieldChangeDto } from './model.dto.js';

export const IMPORT_MODES = ['merge', 'replace'] as const;
export type ImportMode = (typeof IMPORT_MODES)[number];

/** Query of `POST /api/marketing/metrics/import`. */
export class DefinitionImportQuery {
  @ApiPropertyOptional({
    enum: ['true', 'false'],
    default: 'false',
    description: 'Answers what would happen, and writes nothing.',
  })
  @IsOptional()
  @IsIn(['true', 'false'])
  dry_run?: string;

  @ApiPropertyOptional({
    enum: IMPORT_MODES,
    default: 'merge',
    description: '`merge` leaves alone what is not in the file, `replace` deactivates it.',
  })
  @IsOptional()
  @IsIn(IMPORT_MODES)
  mode?: ImportMode;
}

@ObjectType('UpdatedDefinition', { description: 'A definition that differs from the one that was there.' })
export class UpdatedDefinitionDto {
  @Described({ description: 'Its key.', type: () => String, example: 'blended_roas' }) metric_key!: string;
  @Described({ description: 'What differs.', type: () => [FieldChangeDto] }) fields!: readonly FieldChangeDto[];
}

@ObjectType('FileDiagnostic', { description: 'A finding at a place in the file.' })
export class FileDiagnosticDto extends DiagnosticDto {
  @Described({ description: 'Key of the entry.', type: () => String, optional: true, example: 'blended_roas' })
  metric_key!: string | null;
  @Field(() => Int, { description: 'Line in the file, from 1.' })
  @ApiProperty({ type: 'integer', example: 12 })
  line!: number;
  @Field(() => Int, { description: 'Column in that line, from 1.' })
  @ApiProperty({ type: 'integer', example: 14 })
  column!: number;
}

/** Answer of `POST /api/marketing/metrics/import`. */
@ObjectType('DefinitionImport', { description: 'What taking over a file of definitions did, or would do.' })
export class DefinitionImportDto {
  @Described({ description: 'True when nothing was written.', type: () => Boolean }) dry_run!: boolean;
  @Described({ description: '`merge` or `replace`.', type: () => String, oneOf: IMPORT_MODES }) mode!: string;
  @Described({ description: 'False when the file would be refused.', type: () => Boolean }) valid!: boolean;
  @Described({ description: 'Snapshot that is live now, or would be.', type: () => String }) snapshot!: string;
  @Described({ description: 'Keys that were not there, or deactivated.', type: () => [String] })
  created!: readonly string[];
  @Described({ description: 'Definitions that differ.', type: () => [UpdatedDefinitionDto] })
  updated!: readonly UpdatedDefinitionDto[];
  @Described({ description: 'Keys that are as in the file already.', type: () => [String] })
  unchanged!: readonly string[];
  @Described({ description: 'Keys that are deactivated by this.', type: () => [String] })
  deactivated!: readonly string[];
  @Described({ description: 'Standard keys that are seen again.', type: () => [String] })
  reactivated!: readonly string[];
  @Described({ description: 'What the checks found in the file’s entries.', type: () => [FileDiagnosticDto] })
  diagnostics!: readonly FileDiagnosticDto[];
  @Described({ description: 'Keys of metrics that are quarantined by this.', type: () => [String] })
  breaks!: readonly string[];
  @Described({ description: 'Saved report views that stop or change.', type: () => [ViewImpactDto] })
  views!: readonly ViewImpactDto[];
  @Described({ description: 'Dashboards of which widgets stop or change.', type: () => [DashboardImpactDto] })
  dashboards!: readonly DashboardImpactDto[];
}
