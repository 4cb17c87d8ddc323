import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { PageQuery } from '../common/page.js';

const DOMAIN = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Body of `PUT /api/reports/mail-settings`, and what it answers. */
export class MailSettingsDto {
  @ApiProperty({
    type: [String],
    nullable: true,
    example: ['example.com'],
    description: 'Domains (with those below them) that reports may be mailed to; null for all.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @Matches(DOMAIN, { each: true, message: 'each entry must be a domain in lower case, such as example.com' })
  allowed_domains!: string[] | null;
}

export const SUPPRESSION_REASONS = ['unsubscribed', 'bounced', 'complained', 'by_hand'] as const;
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

/** An address that gets no reports. */
export class SuppressionDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ example: 'ann@example.com' }) address!: string;
  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'Only of this schedule; null for all.' })
  schedule_id!: string | null;
  @ApiProperty({ enum: SUPPRESSION_REASONS }) reason!: SuppressionReason;
  @ApiProperty({ type: String, nullable: true, example: '550 5.1.1 user unknown' }) detail!: string | null;
  @ApiProperty({ type: String, format: 'date-time' }) created_at!: Date;
}
export class SuppressionListDto {
  @ApiProperty({ type: [SuppressionDto] }) data!: SuppressionDto[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor!: string | null;
}
export class SuppressionQuery extends PageQuery {}

/** Body of `POST /api/reports/suppressions`. */
export class NewSuppressionDto {
  @ApiProperty({ example: 'ann@example.com' }) @IsString() @MaxLength(400) address!: string;
  @ApiPropertyOptional({ format: 'uuid', description: 'Only of this schedule.' })
  @IsOptional()
  @IsUUID()
  schedule_id?: string;
  @ApiPropertyOptional({ example: 'asked by phone' }) @IsOptional() @IsString() @MaxLength(500) detail?: string;
}

/** Body of `POST /api/reports/bounces`: what a mail host or provider reports after it had accepted a mail. */
export class BounceDto {
  @ApiPropertyOptional({
    example: '<0198c0de-81b2-4b7e-8a54-0d6a0d9fbb10@example.com>',
    description: 'The mail’s Message-ID; or give `address`.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(400)
  message_id?: string;
  @ApiPropertyOptional({ example: 'ann@example.com' }) @IsOptional() @IsString() @MaxLength(400) address?: string;
  @ApiProperty({
    enum: ['hard', 'soft', 'complaint'],
    description: '`hard` and `complaint` put the address on the suppression list; `soft` is only noted.',
  })
  @IsIn(['hard', 'soft', 'complaint'])
  type!: 'hard' | 'soft' | 'complaint';
  @ApiPropertyOptional({ example: '550 5.1.1 user unknown' }) @IsOptional() @IsString() @MaxLength(500) detail?: string;
}
export class BounceReplyDto {
  @ApiProperty({ type: String, nullable: true, description: 'The delivery that it is about, where it is known.' })
  delivery_id!: string | null;
  @ApiProperty({ description: 'Whether the address gets no more reports.' }) suppressed!: boolean;
}
