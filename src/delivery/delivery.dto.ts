import { ArgsType, Field, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayNotEmpty, ArrayUnique, IsArray, IsIn, IsOptional, IsString, IsUUID } from 'class-validator';
import { GraphQLJSON } from 'graphql-scalars';
import { Described } from '../common/described.js';
import { NullIsAbsent, PageQuery } from '../common/page.js';
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
@InputType('DeliverInput', { description: 'To whom, and as what.' })
export class DeliverDto {
  @Field(() => [String], { nullable: true, description: 'Addresses; whoever asks where absent.' })
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

  @Field(() => [String], { nullable: true, description: 'Files to attach: pdf, csv, xlsx, html, png.' })
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

@ObjectType('ReportSending', { description: 'A report that is on its way.' })
export class DeliverReplyDto {
  @Described({
    type: () => ID,
    schema: { type: 'string' },
    description: 'Names this sending in the ledger.',
    example: '0198c0de-7f3a-4a51-9d8c-2f4be1c0a7d1',
  })
  occurrence_id!: string;
}

/** A page of what belongs to reports: query of `GET /api/reports/schedules`. */
@ArgsType()
export class ReportSubjectQuery extends PageQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'Only those of this report view.' })
  @Field(() => String, { nullable: true, description: 'Only those of this report view.' })
  @NullIsAbsent()
  @IsOptional()
  @IsUUID()
  view_id?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'Only those of this dashboard.' })
  @Field(() => String, { nullable: true, description: 'Only those of this dashboard.' })
  @NullIsAbsent()
  @IsOptional()
  @IsUUID()
  dashboard_id?: string;
}

/** Query of `GET /api/reports/deliveries`. */
@ArgsType()
export class DeliveryQuery extends ReportSubjectQuery {
  @ApiPropertyOptional({ format: 'uuid', description: 'Only those of this sending.' })
  @Field(() => String, { nullable: true, description: 'Only those of this sending.' })
  @NullIsAbsent()
  @IsOptional()
  @IsUUID()
  occurrence_id?: string;

  @ApiPropertyOptional({ enum: DELIVERY_STATES, description: 'Only those in this state.' })
  @Field(() => String, { nullable: true, description: 'Only those in this state.' })
  @NullIsAbsent()
  @IsOptional()
  @IsIn(DELIVERY_STATES)
  state?: DeliveryState;
}

const TEXT_OR_NULL = { type: () => String, optional: true } as const;
const INSTANT = { type: () => GraphQLISODateTime, schema: { type: 'string' } } as const;

/** One row of the ledger: one sending to one recipient. */
@ObjectType('ReportDelivery', { description: 'One sending to one recipient, with what speaks for its state.' })
export class DeliveryDto {
  @Described({
    description: 'Unique id.',
    type: () => ID,
    schema: { type: 'string' },
    example: '0198c0de-81b2-4b7e-8a54-0d6a0d9fbb10',
  })
  id!: string;
  @Described({
    description: 'The sending that it belongs to.',
    type: () => ID,
    schema: { type: 'string' },
    example: '0198c0de-7f3a-4a51-9d8c-2f4be1c0a7d1',
  })
  occurrence_id!: string;
  @Described({
    description: 'Set where a report view was sent.',
    ...TEXT_OR_NULL,
    example: '0198c0dd-0b8e-4c0f-b7c3-6f0c1b5f2a90',
  })
  view_id!: string | null;
  @Described({ description: 'Set where a dashboard was sent.', ...TEXT_OR_NULL }) dashboard_id!: string | null;
  @Described({ description: 'What was sent.', type: () => String, example: 'Spend by source' }) report_name!: string;
  @Described({ description: 'To whom.', type: () => String, example: 'boss@example.com' }) recipient!: string;
  @Described({
    description:
      'pending: waits; sending: under way; accepted: the mail host took it; rejected: it refused for good; suppressed: not sent on purpose; unknown: the answer was lost, never resent by itself; failed: it never left.',
    type: () => String,
    oneOf: DELIVERY_STATES,
    example: 'accepted',
  })
  state!: DeliveryState;
  @Described({
    description: 'The report itself, or the word to its owner that it did not reach everyone.',
    type: () => String,
    oneOf: DELIVERY_KINDS,
    example: 'report',
  })
  kind!: DeliveryKind;
  @Described({ description: 'How often sending was begun.', type: () => Int, example: 1 }) attempts!: number;
  @Described({
    description: 'What speaks for the state, one entry an attempt.',
    type: () => [GraphQLJSON],
    schema: { type: 'array', items: { type: 'object' } },
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
  @Described({
    description: 'What its readers were told of the data beside the report, such as that a source was late.',
    type: () => [String],
    example: ['google_ads had no data of 2026-02-01 yet.'],
  })
  remarks!: string[];
  @Described({ description: 'The time that the report is for.', ...INSTANT, example: '2026-02-02T14:00:00.000Z' })
  due_at!: Date;
  @Described({ description: 'When it was written down.', ...INSTANT, example: '2026-02-02T14:00:00.000Z' })
  created_at!: Date;
  @Described({ description: 'When it ended.', ...INSTANT, optional: true, example: '2026-02-02T14:00:03.420Z' })
  finished_at!: Date | null;
}

@ObjectType('ReportDeliveryList', { description: 'A page of the ledger, newest first.' })
export class DeliveryListDto {
  @Described({ description: 'Entries.', type: () => [DeliveryDto] }) data!: DeliveryDto[];
  @Described({ description: 'For the next page; null at the end.', ...TEXT_OR_NULL }) next_cursor!: string | null;
}
