import { ArgsType, Field, InputType, Int, ObjectType } from '@nestjs/graphql';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsISO8601, IsOptional, Matches } from 'class-validator';
import { Described } from '../common/described.js';
import { NullIsAbsent, PageQuery } from '../common/page.js';

const CODE = /^[A-Z]{3}$/;
const CODE_MESSAGE = 'must be an ISO 4217 code in capitals such as EUR';

@ObjectType('FxRate', { description: 'One unit of `base` was worth `rate` units of `quote` on a day.' })
export class FxRateDto {
  @Described({ description: 'ISO 4217 code of the one unit.', type: () => String, example: 'EUR' }) base!: string;
  @Described({ description: 'ISO 4217 code of what it is worth.', type: () => String, example: 'USD' }) quote!: string;
  @Described({ description: 'The UTC day.', type: () => String, example: '2026-01-30' }) day!: string;
  @Described({ description: 'Exact decimal text.', type: () => String, example: '1.0842' }) rate!: string;
  @Described({ description: 'Who published it.', type: () => String, example: 'ecb' }) source!: string;
  @Described({ description: 'When it was known.', type: () => String, example: '2026-01-30T15:00:00.000Z' })
  as_of!: string;
  @Described({
    description:
      'Whether the organisation imported it, or the operator for all organisations. Of a pair and day the organisation’s own counts.',
    type: () => String,
    oneOf: ['organization', 'installation'],
  })
  origin!: 'organization' | 'installation';
}

@InputType('FxRateInput', { description: 'One unit of `base` was worth `rate` units of `quote` on a day.' })
export class FxRateInput {
  @Field(() => String, { description: 'ISO 4217 code of the one unit.' }) base!: string;
  @Field(() => String, { description: 'ISO 4217 code of what it is worth.' }) quote!: string;
  @Field(() => String, { description: 'The UTC day.' }) day!: string;
  @Field(() => String, { description: 'Decimal text.' }) rate!: string;
  @Field(() => String, { nullable: true, description: 'Who published it.' }) source?: string;
  @Field(() => String, { nullable: true, description: 'When it was known; now when absent.' }) as_of?: string;
}

@ObjectType('FxRateList', { description: 'A page of exchange rates.' })
export class FxRateListDto {
  @Field(() => [FxRateDto], { description: 'In order of pair and day.' })
  @ApiProperty({ type: [FxRateDto] })
  data!: FxRateDto[];
  @Field(() => String, { nullable: true, description: 'Asks for the next page; null at the end.' })
  @ApiProperty({ nullable: true, type: String, description: 'Give it back as `cursor` for the next page.' })
  next_cursor!: string | null;
}

@ObjectType('FxRatesStored', { description: 'What became of the rates that were sent.' })
export class FxRatesStoredDto {
  @Described({ description: 'Rates in the body.', type: () => Int, example: 2 }) read!: number;
  @Described({ description: 'New ones.', type: () => Int, example: 2 }) loaded!: number;
  @Described({ description: 'Those that replace another rate of their pair and day.', type: () => Int, example: 0 })
  restated!: number;
  @Described({ description: 'Those that were there already.', type: () => Int, example: 0 }) unchanged!: number;
}

@ObjectType('FxRatesDeleted', { description: 'How many rates were taken back.' })
export class FxRatesDeletedDto {
  @Described({ description: 'How many.', type: () => Int, example: 12 }) deleted!: number;
}

/** `?base=&quote=&from=&to=` */
@ArgsType()
export class FxRatesQuery extends PageQuery {
  @ApiPropertyOptional({ example: 'EUR' })
  @Field(() => String, { nullable: true, description: 'Only of this currency.' })
  @NullIsAbsent()
  @IsOptional()
  @Matches(CODE, { message: `base ${CODE_MESSAGE}` })
  base?: string;
  @ApiPropertyOptional({ example: 'USD' })
  @Field(() => String, { nullable: true, description: 'Only in this currency.' })
  @NullIsAbsent()
  @IsOptional()
  @Matches(CODE, { message: `quote ${CODE_MESSAGE}` })
  quote?: string;
  @ApiPropertyOptional({ description: 'First day.', example: '2026-01-01' })
  @Field(() => String, { nullable: true, description: 'First day.' })
  @NullIsAbsent()
  @IsOptional()
  @Matches(/^\d{4}-\d{2}-\d{2}$/, { message: 'from must be a day such as 2026-01-31' })
  @IsISO8601({ strict: true }, { message: 'from must be a day such as 2026-01-31' })
  from?: string;
  @ApiPropertyOptional({ description: 'Last day, included.', example: '2026-01-31' })
  @Field(() => String, { nullable: true, description: 'Last day, included.' })
  @NullIsAbsent()
  @IsOptional()
  @Matches(/^\d{4}-\d{2}-\d{2}$/, { message: 'to must be a day such as 2026-01-31' })
  @IsISO8601({ strict: true }, { message: 'to must be a day such as 2026-01-31' })
  to?: string;
}
