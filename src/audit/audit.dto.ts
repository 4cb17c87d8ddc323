import { ApiPropertyOptional, OmitType } from '@nestjs/swagger';
import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { IsIn, IsInt, IsISO8601, IsOptional, IsString, Matches, MaxLength, Min } from 'class-validator';
import { GraphQLJSON } from 'graphql-scalars';
import { Described } from '../common/described.js';
import { PageQuery } from '../common/page.js';
import type { AuditEntry } from './audit-chain.js';

/** Which entries. */
@ArgsType()
export class AuditQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Id of a user, public id of an API key, a role, or a door such as `job`.' })
  @Field(() => String, { nullable: true, description: 'Id of a user, public id of a key, a role, or a door.' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  actor?: string;

  @ApiPropertyOptional({ example: 'metric.update', description: 'One action, or all of a kind: `metric.*`.' })
  @Field(() => String, { nullable: true, description: 'One action, or all of a kind: `metric.*`.' })
  @IsOptional()
  @Matches(/^[a-z_]+\.([a-z_]+|\*)$/)
  action?: string;

  @ApiPropertyOptional({ example: 'report_view', description: 'A kind of thing, or one thing as `kind:id`.' })
  @Field(() => String, { nullable: true, description: 'A kind of thing, or one thing as `kind:id`.' })
  @IsOptional()
  @Matches(/^[a-z_]+(:[^\0]+)?$/)
  @MaxLength(300)
  entity?: string;

  @ApiPropertyOptional({ example: '2026-01-01T00:00:00Z', description: 'Not before this instant.' })
  @Field(() => String, { nullable: true, description: 'Not before this instant (ISO 8601).' })
  @IsOptional()
  @IsISO8601({ strict: true })
  from?: string;

  @ApiPropertyOptional({ example: '2026-02-01T00:00:00Z', description: 'Before this instant.' })
  @Field(() => String, { nullable: true, description: 'Before this instant (ISO 8601).' })
  @IsOptional()
  @IsISO8601({ strict: true })
  to?: string;
}

/** One file has them all. */
export class AuditExportQuery extends OmitType(AuditQuery, ['limit', 'cursor']) {
  @ApiPropertyOptional({ enum: ['ndjson', 'csv'], default: 'ndjson' })
  @IsOptional()
  @IsIn(['ndjson', 'csv'])
  format?: 'ndjson' | 'csv';
}

export class VerifyQuery {
  @ApiPropertyOptional({ description: 'Number of an entry whose hash you noted earlier; with `hash`.' })
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  seq?: number;

  @ApiPropertyOptional({ description: 'The hash that you noted for `seq`: the chain must still hold it.' })
  @IsOptional()
  @Matches(/^[0-9a-f]{64}$/)
  hash?: string;
}

@ObjectType('AuditEntry', { description: 'One thing that was done.' })
export class AuditEntryDto implements Omit<AuditEntry, 'organization_id'> {
  @Described({ type: () => Int, description: 'Counts up without a gap.' }) seq!: number;
  @Described({ type: () => String, description: 'When, in UTC.' }) at!: string;
  @Described({ type: () => String, optional: true, description: 'The person; null for a machine’s key and own work.' })
  actor_user_id!: string | null;
  @Described({ type: () => String, optional: true, description: 'Public id of the API key.' })
  actor_key_id!: string | null;
  @Described({ type: () => String, optional: true, description: 'Role at that time.' })
  actor_role!: string | null;
  @Described({
    type: () => String,
    description: '`rest`, `graphql`, `sql`, `schedule`, `job`, `setup`, `command_line`.',
  })
  door!: string;
  @Described({ type: () => String, description: 'What was done.', example: 'metric.update' }) action!: string;
  @Described({ type: () => String, description: 'Kind of thing.', example: 'metric' }) entity_type!: string;
  @Described({ type: () => String, optional: true, description: 'Which one.' }) entity_id!: string | null;
  @Described({ type: () => GraphQLJSON, optional: true, description: 'The thing before; no secret, no row.' })
  before!: unknown;
  @Described({ type: () => GraphQLJSON, optional: true, description: 'The thing after; no secret, no row.' })
  after!: unknown;
  @Described({ type: () => String, description: 'Hash of the entry before.' }) prev_hash!: string;
  @Described({ type: () => String, description: 'SHA-256 of this entry’s canonical bytes, in hex.' }) hash!: string;
}

@ObjectType('AuditPage')
export class AuditListDto {
  @Described({ type: () => [AuditEntryDto], description: 'Newest first.' }) data!: AuditEntryDto[];
  @Described({ type: () => String, optional: true, description: 'Asks for the page after this one.' })
  next_cursor!: string | null;
}

@ObjectType('AuditFault')
export class AuditFaultDto {
  @Described({ type: () => Int, description: 'The entry at which the chain breaks.' }) seq!: number;
  @Described({ type: () => String, description: 'How.' }) reason!: string;
}

@ObjectType('AuditVerification')
export class AuditVerificationDto {
  @Described({ type: () => Boolean, description: 'Whether every entry is there and unchanged.' }) valid!: boolean;
  @Described({ type: () => String, description: 'The organisation, whose id is part of each hash.' })
  organization_id!: string;
  @Described({ type: () => Int, description: 'Entries that were checked.' }) entries!: number;
  @Described({ type: () => Int, description: 'Number of the last good entry. Note it, with its hash, elsewhere.' })
  seq!: number;
  @Described({ type: () => String, description: 'Hash of that entry.' }) hash!: string;
  @Described({ type: () => AuditFaultDto, optional: true, description: 'The first thing that is wrong.' })
  fault!: AuditFaultDto | null;
}
