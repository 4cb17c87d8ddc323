import { ArgsType, Field, InputType, Int, ObjectType } from '@nestjs/graphql';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString, Length } from 'class-validator';
import { Described } from '../common/described.js';
import { Limit } from '../common/page.js';
import { ERASURE_MODES, type ErasureMode } from '../ingestion/erased-set.js';
import { JOB_STATES, type ProtectionJob, type StoreEvidence } from './protection-job.js';
import { RETENTION_MEANING, RETENTION_TYPES, type RetentionRule } from './retention-rules.js';
import type { AgedByRule } from './retention.service.js';

const MEANINGS = Object.entries(RETENTION_MEANING)
  .map(([type, meaning]) => `\`${type}\`: ${meaning}`)
  .join('; ');

@ObjectType('RetentionRule', { description: 'How long one kind of data is kept.' })
export class RetentionRuleDto {
  @Described({ description: `What it is about. ${MEANINGS}.`, type: () => String, oneOf: RETENTION_TYPES })
  type!: string;
  @Described({
    description: 'Of `rows`: the source; null for every source that has no rule of its own.',
    type: () => String,
    optional: true,
    example: 'meta_ads',
  })
  data_source!: string | null;
  @Described({ description: 'Whole days that are kept.', type: () => Int, example: 400 })
  keep_days!: number;
}

@InputType('RetentionRuleInput', { description: 'How long one kind of data is to be kept.' })
export class RetentionRuleInput {
  @Field(() => String, { description: 'What it is about, e.g. rows.' }) type!: string;
  @Field(() => String, { nullable: true, description: 'Of rows: the source; absent for all others.' })
  data_source?: string | null;
  @Field(() => Int, { description: 'Whole days that are kept.' }) keep_days!: number;
}

/** Body of `PUT /api/retention`. Each rule is checked by `readRules`, which names its mistakes. */
export class RetentionPolicyBody {
  @ApiProperty({
    type: [RetentionRuleDto],
    description: 'All rules; they take the place of those before.',
    example: [
      { type: 'rows', data_source: 'meta_ads', keep_days: 400 },
      { type: 'rejects', keep_days: 30 },
    ],
  })
  @IsArray()
  @ArrayMaxSize(200)
  rules!: unknown[];
}

@ObjectType('KeptByItself', { description: 'Data that no rule can be about.' })
export class NotByRuleDto {
  @Described({ description: 'What it is.', type: () => String, example: 'audit' }) type!: string;
  @Described({ description: 'Why no rule can be about it, and how long it is kept.', type: () => String })
  reason!: string;
}

@ObjectType('RetentionPolicy', { description: 'What an organisation keeps for how long.' })
export class RetentionPolicyDto {
  @Field(() => [RetentionRuleDto], { description: 'The rules; without any, everything is kept.' })
  @ApiProperty({ type: [RetentionRuleDto] })
  rules!: readonly RetentionRule[];
  @Described({ description: 'When it runs next; null without rules.', type: () => String, optional: true })
  next_run_at!: string | null;
  @Field(() => [NotByRuleDto], { description: 'What no rule can be about.' })
  @ApiProperty({ type: [NotByRuleDto] })
  not_by_rule!: readonly NotByRuleDto[];
}

@ObjectType('RetentionPreviewItem', { description: 'What a run would take by one rule.' })
export class RetentionPreviewItemDto {
  @Described({ description: 'Type of the rule.', type: () => String }) type!: string;
  @Described({ description: 'Of rows: the source.', type: () => String, optional: true }) data_source!: string | null;
  @Described({ description: 'Days that the rule keeps.', type: () => Int }) keep_days!: number;
  @Described({ description: 'What is before this instant goes.', type: () => String }) before!: string;
  @Described({ description: 'How many records go.', type: () => Int, example: 1204 }) count!: number;
  @Described({ description: 'Instant of the oldest of them.', type: () => String, optional: true })
  oldest!: string | null;
  @Described({ description: 'Instant of the newest of them.', type: () => String, optional: true })
  newest!: string | null;
}

export class RetentionPreviewDto {
  @ApiProperty({ type: [RetentionPreviewItemDto] }) data!: RetentionPreviewItemDto[];
}

@ObjectType('StoreEvidence', { description: 'What became of one store; never personal data.' })
export class StoreEvidenceDto {
  @Described({ description: 'The store.', type: () => String, example: 'unified_marketing_data' }) store!: string;
  @Described({ description: 'Records that it had; null where they can’t be counted.', type: () => Int, optional: true })
  before!: number | null;
  @Described({ description: 'Records that it has, counted again.', type: () => Int, optional: true })
  after!: number | null;
  @Described({ description: 'Of rows: the source.', type: () => String, optional: true })
  data_source?: string | null;
  @Described({ description: 'Instant of the oldest.', type: () => String, optional: true }) oldest?: string | null;
  @Described({ description: 'Instant of the newest.', type: () => String, optional: true }) newest?: string | null;
  @Described({ description: 'What is to be known about it.', type: () => String, optional: true }) note?: string;
}

@ObjectType('JobProblem', { description: 'Why it could not be done yet.' })
export class JobProblemDto {
  @Described({ description: 'Stable code.', type: () => String }) code!: string;
  @Described({ description: 'What is wrong.', type: () => String }) detail!: string;
}

@ObjectType({ isAbstract: true })
export abstract class ProtectionJobDto {
  @Described({ description: 'Id.', type: () => String }) id!: string;
  @Described({
    description: '`purging`: gone from every answer; what the engine still keeps on disk is waited for.',
    type: () => String,
    oneOf: JOB_STATES,
  })
  state!: string;
  @Field(() => [StoreEvidenceDto], { description: 'What became of each store.' })
  @ApiProperty({ type: [StoreEvidenceDto] })
  evidence!: readonly StoreEvidence[];
  @Field(() => JobProblemDto, { nullable: true, description: 'Why it could not be done yet; it is tried again.' })
  @ApiProperty({ type: JobProblemDto, nullable: true })
  problem!: JobProblemDto | null;
  @Described({ description: 'When it was asked for.', type: () => String }) created_at!: string;
  @Described({ description: 'When it was done.', type: () => String, optional: true }) finished_at!: string | null;
}

@ObjectType('RetentionRun', { description: 'A run of the retention rules.' })
export class RetentionRunDto extends ProtectionJobDto {
  @Described({ description: 'Instant from which days were counted back.', type: () => String }) as_of!: string;
  @Field(() => [RetentionRuleDto], { description: 'The rules as they were.' })
  @ApiProperty({ type: [RetentionRuleDto] })
  rules!: readonly RetentionRule[];
}
export class RetentionRunListDto {
  @ApiProperty({ type: [RetentionRunDto], description: 'Newest first.' }) data!: RetentionRunDto[];
}

/** Whose data it is about. */
export class SubjectBody {
  @ApiProperty({
    description: 'The customer’s UUID, an id as its source has it, or an e-mail address.',
    example: 'ann@example.com',
  })
  @IsString()
  @Length(1, 1_000)
  customer!: string;

  @ApiPropertyOptional({
    type: [String],
    description: 'Further words by which texts name the person, such as other addresses or a phone number.',
    example: ['+49 151 2345678'],
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @Length(1, 1_000, { each: true })
  identifiers?: string[];
}

export class EraseBody extends SubjectBody {
  @ApiProperty({
    enum: ERASURE_MODES,
    description: '`delete`: the rows go, and their revenue with them. `anonymise`: the rows stay without the customer.',
  })
  @IsIn(ERASURE_MODES)
  mode!: ErasureMode;
}

@ObjectType('CustomerErasure', { description: 'The erasure of a person, and its evidence; names nobody.' })
export class ErasureDto extends ProtectionJobDto {
  @Described({ description: 'What became of the rows.', type: () => String, oneOf: ERASURE_MODES }) mode!: string;
  @Described({ description: 'HMAC-SHA-256 of the person’s first id under the organisation’s key.', type: () => String })
  customer_hash!: string;
  @Described({ description: 'How many ids the person had.', type: () => Int }) ids!: number;
}
export class ErasureListDto {
  @ApiProperty({ type: [ErasureDto], description: 'Newest first.' }) data!: ErasureDto[];
}
export class ErasurePreviewDto {
  @ApiProperty({ type: [StoreEvidenceDto] }) data!: readonly StoreEvidence[];
}

@ArgsType()
export class NewestQuery {
  @Limit(100, 'Most of them, 1–1000; 100 if absent.')
  limit?: number;
}

const base = (job: ProtectionJob): ProtectionJobDto => ({
  ...{ id: job.id, state: job.state, evidence: job.evidence, problem: job.problem },
  ...{ created_at: job.created_at.toISOString(), finished_at: job.finished_at?.toISOString() ?? null },
});
export const retentionRunDto = (job: ProtectionJob): RetentionRunDto => ({
  ...base(job),
  as_of: job.request.as_of as string,
  rules: job.request.rules as RetentionRule[],
});
export const erasureDto = (job: ProtectionJob): ErasureDto => ({
  ...base(job),
  mode: job.request.mode as string,
  customer_hash: job.request.customer_hash as string,
  ids: job.request.ids as number,
});
export const previewDto = ({
  rule,
  data_source,
  before,
  count,
  oldest,
  newest,
}: AgedByRule): RetentionPreviewItemDto => ({
  ...{ type: rule.type, data_source, keep_days: rule.keep_days, before: before.toISOString(), count, oldest, newest },
});
