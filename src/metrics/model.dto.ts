import { Field, Int, ObjectType } from '@nestjs/graphql';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { GraphQLJSON } from 'graphql-scalars';
import { Described } from '../common/described.js';
import type { DialectName } from '../compiler/dialect/types.js';
import { DashboardImpactDto, DiagnosticDto, ViewImpactDto } from './metric.dto.js';
import { PUBLICATION_REASONS } from './model-snapshot.entity.js';

const HASH = /^[0-9a-f]{64}$/;
const HASH_MESSAGE = 'must be the hash of a snapshot: 64 hex digits, as the history lists them';
const EXAMPLE_HASH = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

@ObjectType('ModelMember', { description: 'One member of the live model.' })
export class ModelMemberDto {
  @Described({ description: 'Name that everyone asks by.', type: () => String }) key!: string;
  @Described({ description: 'Name shown to people.', type: () => String }) label!: string;
  @Described({ description: 'What it means.', type: () => String, optional: true }) description!: string | null;
  @Described({ description: '`metric` or `dimension`.', type: () => String }) metric_type!: string;
  @Described({ description: 'Type of the value.', type: () => String }) data_type!: string;
  @Described({ description: 'Unit shown with the number.', type: () => String, optional: true }) unit!: string | null;
  @Described({ description: 'Over which groupings it may be summed.', type: () => String }) additivity!: string;
  @Described({ description: 'Other names that mean the same.', type: () => [String] }) aliases!: readonly string[];
  @Described({ description: '`standard` or `organization`.', type: () => String }) origin!: string;
  @Described({ description: '`valid` or `quarantined`.', type: () => String }) status!: string;
  @Described({ description: 'What the checks found.', type: () => [DiagnosticDto] })
  diagnostics!: readonly DiagnosticDto[];
  @Described({ description: 'Aggregation of a plain metric.', type: () => String, optional: true }) aggregation!:
    string | null;
  @Described({ description: 'Formula of what is calculated.', type: () => String, optional: true }) formula!:
    string | null;
  @Described({
    description: 'Conditions on the rows that count, of a plain metric.',
    type: () => GraphQLJSON,
    schema: { type: 'object' },
    optional: true,
  })
  filter!: unknown;
  @Described({
    description: 'Window of a metric over time or beside its peers.',
    type: () => GraphQLJSON,
    schema: { type: 'object' },
    optional: true,
  })
  window!: unknown;
  @Described({
    description: 'Events of a conversion.',
    type: () => GraphQLJSON,
    schema: { type: 'object' },
    optional: true,
  })
  conversion!: unknown;
  @Described({ description: 'All metrics behind it, however deep.', type: () => [String] }) lineage!: readonly string[];
}

@ObjectType('MarketingModel', { description: 'The live snapshot of the organisation’s model.' })
export class ModelDto {
  @Described({ description: 'SHA-256 of the model: equal hash, equal meaning.', type: () => String }) snapshot!: string;
  @Described({ description: 'When this snapshot went live.', type: () => String }) published_at!: string;
  @Described({ description: 'All metrics and dimensions.', type: () => [ModelMemberDto] })
  members!: readonly ModelMemberDto[];
}

@ObjectType('ModelChangeCounts', { description: 'How many members a publication changed.' })
export class ChangeCountsDto {
  @Field(() => Int, { description: 'Members that were not there before.' })
  @ApiProperty({ type: 'integer', example: 1 })
  added!: number;
  @Field(() => Int, { description: 'Members that differ.' })
  @ApiProperty({ type: 'integer', example: 2 })
  changed!: number;
  @Field(() => Int, { description: 'Members that are gone.' })
  @ApiProperty({ type: 'integer', example: 0 })
  removed!: number;
}

@ObjectType('ModelPublication', { description: 'That a snapshot of the model went live.' })
export class PublicationDto {
  @Described({ description: 'Hash of the snapshot.', type: () => String, example: EXAMPLE_HASH }) snapshot!: string;
  @Described({ description: 'When it went live.', type: () => String, example: '2026-01-31T09:30:00.000Z' })
  published_at!: string;
  @Described({
    description: 'Id of the user; null when it was no person, as with an upgrade.',
    type: () => String,
    optional: true,
  })
  published_by!: string | null;
  @Described({ description: 'Name of the user.', type: () => String, optional: true, example: 'Ana Analyst' })
  published_by_name!: string | null;
  @Described({
    description: 'A definition was written, a file imported, a snapshot restored, or the standard library upgraded.',
    type: () => String,
    oneOf: PUBLICATION_REASONS,
  })
  reason!: string;
  @Described({ description: 'Against the publication before.', type: () => ChangeCountsDto }) changes!: ChangeCountsDto;
  @Described({ description: 'True for the newest, which queries run on.', type: () => Boolean }) is_live!: boolean;
}

@ObjectType('ModelHistory', { description: 'Publications of the model, newest first.' })
export class ModelHistoryDto {
  @Described({ description: 'Newest first.', type: () => [PublicationDto] }) data!: PublicationDto[];
  @Described({
    description: 'Give it back as `cursor` for the next page; null at the end.',
    type: () => String,
    optional: true,
  })
  next_cursor!: string | null;
}

const ANY_JSON = {
  nullable: true,
  oneOf: [
    { type: 'string' },
    { type: 'number' },
    { type: 'boolean' },
    { type: 'array', items: {} },
    { type: 'object' },
  ],
} as const;

@ObjectType('ModelFieldChange', { description: 'One property that differs.' })
export class FieldChangeDto {
  @Described({ description: 'Property of the member.', type: () => String, example: 'formula' }) field!: string;
  @Field(() => GraphQLJSON, { nullable: true, description: 'Value before.' })
  @ApiProperty({ ...ANY_JSON, description: 'Value before.', example: 'revenue / spend' } as never)
  before!: unknown;
  @Field(() => GraphQLJSON, { nullable: true, description: 'Value after.' })
  @ApiProperty({ ...ANY_JSON, description: 'Value after.', example: '(revenue - refunds) / spend' } as never)
  after!: unknown;
}

@ObjectType('ModelMemberName', { description: 'A member that was added or removed.' })
export class MemberNameDto {
  @Described({ description: 'Its key.', type: () => String, example: 'blended_roas' }) key!: string;
  @Described({ description: 'Its label.', type: () => String, example: 'Blended ROAS' }) label!: string;
  @Described({ description: '`metric` or `dimension`.', type: () => String, example: 'metric' }) metric_type!: string;
}

@ObjectType('ModelMemberChange', { description: 'A member that differs, and how.' })
export class MemberChangeDto extends MemberNameDto {
  @Described({ description: 'What differs.', type: () => [FieldChangeDto] }) fields!: readonly FieldChangeDto[];
}

@ObjectType('ModelDiff', { description: 'What differs between two snapshots.' })
export class ModelDiffDto {
  @Described({
    description: 'Hash of the earlier snapshot; null for the time before the first publication.',
    type: () => String,
    optional: true,
    example: EXAMPLE_HASH,
  })
  from!: string | null;
  @Described({ description: 'Hash of the later snapshot.', type: () => String, example: EXAMPLE_HASH }) to!: string;
  @Described({ description: 'Members only in `to`.', type: () => [MemberNameDto] }) added!: readonly MemberNameDto[];
  @Described({ description: 'Members only in `from`.', type: () => [MemberNameDto] })
  removed!: readonly MemberNameDto[];
  @Described({ description: 'Members that differ.', type: () => [MemberChangeDto] })
  changed!: readonly MemberChangeDto[];
  @Described({
    description: 'Settings of the organisation that differ (currency, time zone, week start).',
    type: () => [FieldChangeDto],
  })
  settings!: readonly FieldChangeDto[];
}

/** Query of `GET /api/marketing/model/diff`. */
export class ModelDiffQuery {
  @ApiPropertyOptional({ description: 'Earlier snapshot; the one before `to` when absent.', example: EXAMPLE_HASH })
  @IsOptional()
  @Matches(HASH, { message: `from ${HASH_MESSAGE}` })
  from?: string;

  @ApiPropertyOptional({ description: 'Later snapshot; the live one when absent.', example: EXAMPLE_HASH })
  @IsOptional()
  @Matches(HASH, { message: `to ${HASH_MESSAGE}` })
  to?: string;
}

/** Body of `POST /api/marketing/model/restore`. */
export class RestoreModelDto {
  @ApiProperty({ description: 'A snapshot that this organisation once published.', example: EXAMPLE_HASH })
  @Matches(HASH, { message: `snapshot ${HASH_MESSAGE}` })
  snapshot!: string;
}

@ObjectType('RestoredModel', { description: 'What bringing a snapshot back did.' })
export class RestoredModelDto {
  @Described({ description: 'The snapshot that is live now.', type: () => String, example: EXAMPLE_HASH })
  snapshot!: string;
  @Described({ description: 'When it went live.', type: () => String }) published_at!: string;
  @Described({ description: 'The snapshot that was asked for.', type: () => String, example: EXAMPLE_HASH })
  restored!: string;
  @Described({ description: 'Whether the live model equals the one asked for.', type: () => Boolean }) equal!: boolean;
  @Described({ description: 'What changed against the model that was live before.', type: () => ModelDiffDto })
  changes!: ModelDiffDto;
  @Described({
    description:
      'Where the live model still differs from the one asked for: what an upgrade of the standard library or the organisation’s settings brought since.',
    type: () => ModelDiffDto,
  })
  differences!: ModelDiffDto;
  @Described({ description: 'Keys of metrics that are quarantined by this.', type: () => [String] })
  breaks!: readonly string[];
  @Described({ description: 'Saved report views that stop or change.', type: () => [ViewImpactDto] })
  views!: readonly ViewImpactDto[];
  @Described({ description: 'Dashboards of which widgets stop or change.', type: () => [DashboardImpactDto] })
  dashboards!: readonly DashboardImpactDto[];
}

export const DIALECTS = ['clickhouse', 'postgres'] as const satisfies readonly DialectName[];

/** Query of `GET /api/marketing/model/cube`. */
export class CubeQueryDto {
  @ApiPropertyOptional({ enum: DIALECTS, default: 'clickhouse', description: 'Engine that the SQL is written for.' })
  @IsOptional()
  @IsIn(DIALECTS)
  dialect?: DialectName;
}

@ObjectType('CubeModelFile', { description: 'One file of a Cube data model.' })
export class CubeFileDto {
  @Described({ description: 'Its name.', type: () => String, example: 'marketing.js' }) fileName!: string;
  @Described({ description: 'Its text.', type: () => String, example: 'cube("marketing", { … });' }) content!: string;
}

@ObjectType('CubeModelGap', { description: 'A member that the files don’t have.' })
export class CubeGapDto {
  @Described({ description: 'Its key.', type: () => String }) key!: string;
  @Described({ description: 'Why.', type: () => String }) reason!: string;
}

@ObjectType('CubeModel', { description: 'The live model as stock Cube files.' })
export class CubeModelDto {
  @Described({ description: 'Snapshot that the files were made from.', type: () => String, example: EXAMPLE_HASH })
  snapshot!: string;
  @Described({ description: 'Engine that the SQL is written for.', type: () => String, oneOf: DIALECTS })
  dialect!: string;
  @Described({ description: 'The files.', type: () => [CubeFileDto] }) files!: readonly CubeFileDto[];
  @Described({ description: 'Members that the files don’t have.', type: () => [CubeGapDto] })
  left_out!: readonly CubeGapDto[];
}
