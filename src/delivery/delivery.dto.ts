import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayNotEmpty, ArrayUnique, IsArray, IsIn, IsOptional, IsString, IsUUID } from 'class-validator';
import { PageQuery } from '../common/page.js';
import {
  DELIVERY_KINDS,
  DELIVERY_STATES,
  type DeliveryEvidence,
  type DeliveryKind,
  type DeliveryState,
} from './delivery.entity.js';
import { DELIVERY_FORMATS, USUAL_FORMATS, type DeliveryFormat } from './occurrence.entity.js';

export const MOST_RECIPIENTS = 50;

/** Body of `POST /api/reports/views/:id/deliver`; may be left away. */
export class DeliverDto {
  @ApiPropertyOptional({
    description: 'E-mail addresses; without them the report goes to whoever asks.',
    example: ['boss@example.com'],
    type: [String],
    maxItems: MOST_RECIPIENTS,
  })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MOST_RECIPIENTS)
  @IsString({ each: true })
  recipients?: string[];

  @ApiPropertyOptional({
    description: 'Files to attach.',
    enum: DELIVERY_FORMATS,
    isArray: true,
    default: USUAL_FORMATS,
    example: ['pdf', 'csv'],
  })
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(DELIVERY_FORMATS, { each: true })
  formats?: DeliveryFormat[];
}

export class DeliverReplyDto {
  @ApiProperty({
    format: 'uuid',
    description: 'Names this sending in the ledger.',
    example: '0198c0de-7f3a-4a51-9d8c-2f4be1c0a7d1',
  })
  occurrence_id!: string;
}

/** Query of `GET /api/reports/deliveries`. */
export class DeliveryQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'Only those of this report view.' })
  @IsOptional()
  @IsUUID()
  view_id?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'Only those of this dashboard.' })
  @IsOptional()
  @IsUUID()
  dashboard_id?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'Only those of this sending.' })
  @IsOptional()
  @IsUUID()
  occurrence_id?: string;

  @ApiPropertyOptional({ enum: DELIVERY_STATES, description: 'Only those in this state.' })
  @IsOptional()
  @IsIn(DELIVERY_STATES)
  state?: DeliveryState;
}

/** One row of the ledger: one sending to one recipient. */
export class DeliveryDto {
  @ApiProperty({ format: 'uuid', example: '0198c0de-81b2-4b7e-8a54-0d6a0d9fbb10' }) id!: string;
  @ApiProperty({ format: 'uuid', example: '0198c0de-7f3a-4a51-9d8c-2f4be1c0a7d1' }) occurrence_id!: string;
  @ApiProperty({ format: 'uuid', type: String, nullable: true, example: '0198c0dd-0b8e-4c0f-b7c3-6f0c1b5f2a90' })
  view_id!: string | null;
  @ApiProperty({ format: 'uuid', type: String, nullable: true, description: 'Set where a dashboard was sent.' })
  dashboard_id!: string | null;
  @ApiProperty({ example: 'Spend by source' }) report_name!: string;
  @ApiProperty({ example: 'boss@example.com' }) recipient!: string;
  @ApiProperty({
    enum: DELIVERY_STATES,
    example: 'accepted',
    description:
      'pending: waits; sending: under way; accepted: the mail host took it; rejected: it refused for good; suppressed: not sent on purpose; unknown: the answer was lost, never resent by itself; failed: it never left.',
  })
  state!: DeliveryState;
  @ApiProperty({
    enum: DELIVERY_KINDS,
    example: 'report',
    description: 'The report itself, or the word to its owner that it did not reach everyone.',
  })
  kind!: DeliveryKind;
  @ApiProperty({ example: 1, description: 'How often sending was begun.' }) attempts!: number;
  @ApiProperty({
    type: 'array',
    items: { type: 'object' },
    description: 'What speaks for the state, one entry an attempt.',
    example: [
      {
        attempt: 1,
        at: '2026-02-02T14:00:03.120Z',
        outcome: 'accepted',
        reply: '250 2.0.0 Ok: queued as 4F1',
        smtp_code: 250,
        message_id: '<0198c0de-81b2-4b7e-8a54-0d6a0d9fbb10@example.com>',
        message_bytes: 184223,
        message_sha256: '5c1b…',
      },
    ],
  })
  evidence!: DeliveryEvidence[];
  @ApiProperty({ type: String, format: 'date-time', example: '2026-02-02T14:00:00.000Z' }) due_at!: Date;
  @ApiProperty({ type: String, format: 'date-time', example: '2026-02-02T14:00:00.000Z' }) created_at!: Date;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: '2026-02-02T14:00:03.420Z' })
  finished_at!: Date | null;
}

export class DeliveryListDto {
  @ApiProperty({ type: [DeliveryDto] }) data!: DeliveryDto[];
  @ApiProperty({ type: String, nullable: true, example: null }) next_cursor!: string | null;
}
