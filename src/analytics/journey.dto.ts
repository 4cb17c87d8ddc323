import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, IsUUID, Length } from 'class-validator';
import { GraphQLJSON } from 'graphql-scalars';
import { Described } from '../common/described.js';
import { PageQuery } from '../common/page.js';

@ObjectType('CustomerJourney', { description: 'A customer’s journey: the FSD’s `customer_journey_tracking`.' })
export class CustomerJourneyDto {
  @Described({ description: 'Id of the journey.', type: () => String }) id!: string;
  @Described({ description: 'The customer; the id that stands for all merged ones.', type: () => String })
  customer_id!: string;
  @Described({ description: 'First known interaction.', type: () => String }) journey_start_date!: string;
  @Described({ description: 'Campaign of the first touchpoint.', type: () => String, optional: true })
  first_touch_campaign_id!: string | null;
  @Described({ description: 'Its name, where the source has one.', type: () => String, optional: true })
  first_touch_campaign!: string | null;
  @Described({ description: 'Creative of the first touchpoint.', type: () => String, optional: true })
  first_touch_asset_id!: string | null;
  @Described({ description: 'Channel of the first touchpoint.', type: () => String, optional: true })
  first_touch_source!: string | null;
  @Described({ description: 'Campaign of the last touchpoint.', type: () => String, optional: true })
  last_touch_campaign_id!: string | null;
  @Described({ description: 'Its name, where the source has one.', type: () => String, optional: true })
  last_touch_campaign!: string | null;
  @Described({ description: 'Creative of the last touchpoint.', type: () => String, optional: true })
  last_touch_asset_id!: string | null;
  @Described({ description: 'Channel of the last touchpoint.', type: () => String, optional: true })
  last_touch_source!: string | null;
  @Described({ description: 'Number of touchpoints.', type: () => Int }) total_touchpoints!: number;
  @Described({ description: 'Number of conversions.', type: () => Int }) conversions!: number;
  @Described({ description: 'First conversion.', type: () => String, optional: true }) first_conversion_at!:
    string | null;
  @Described({
    description:
      'What the customer’s own touchpoints have cost until the first conversion; where they carry no cost, an equal share of the spend of the first campaign. Null where neither is known, or an exchange rate is missing.',
    type: () => String,
    optional: true,
    example: '3.00',
  })
  acquisition_cost!: string | null;
  @Described({
    description: 'Revenue less refunds so far. Null where an exchange rate is missing.',
    type: () => String,
    optional: true,
    example: '105.00',
  })
  lifetime_value!: string | null;
  @Described({
    description:
      'ISO 4217 code of the cost and the value: the organisation’s currency. Amounts in others are converted at the rate of their day.',
    type: () => String,
    example: 'USD',
  })
  currency!: string;
  @Described({ description: 'Currencies in which the customer has paid.', type: () => [String] })
  currencies!: string[];
  @Described({ description: 'Latest stage that a source has told.', type: () => String, optional: true })
  current_stage!: string | null;
}

@ObjectType('JourneyEvent', { description: 'Something that a customer did.' })
export class JourneyEventDto {
  @Described({ description: 'When.', type: () => String }) at!: string;
  @Described({ description: 'Id of the row.', type: () => String }) id!: string;
  @Described({ description: 'What it is.', type: () => String, oneOf: ['touchpoint', 'conversion', 'other'] })
  kind!: string;
  @Described({ description: 'Where the row came from.', type: () => String }) data_source!: string;
  @Described({ description: 'Channel.', type: () => String, optional: true }) channel!: string | null;
  @Described({ description: 'Campaign.', type: () => String, optional: true }) campaign_id!: string | null;
  @Described({ description: 'Name of the campaign.', type: () => String, optional: true }) campaign!: string | null;
  @Described({ description: 'Creative.', type: () => String, optional: true }) asset_id!: string | null;
  @Described({ description: 'Stage that it tells.', type: () => String, optional: true }) stage!: string | null;
  @Described({ description: 'What the touchpoint has cost, as recorded.', type: () => String, optional: true })
  cost!: string | null;
  @Described({ description: 'Revenue less refunds, as recorded.', type: () => String, optional: true })
  value!: string | null;
  @Described({
    description: 'ISO 4217 code of `cost` and `value`; null for the organisation’s.',
    type: () => String,
    optional: true,
  })
  currency!: string | null;
  @Described({
    description:
      'Of a touchpoint, by attribution model: conversions and revenue credited to it, in the published attribution; the revenue in the organisation’s currency, null where a rate is missing.',
    type: () => GraphQLJSON,
    schema: { type: 'object' },
    example: { linear: { conversions: '0.75', revenue: '51.25' } },
  })
  credits!: Record<string, { conversions: string; revenue: string | null }>;
}

@ObjectType('JourneyDetails', { description: 'A journey with one page of its timeline.' })
export class JourneyDetailsDto {
  @Described({ description: 'The journey.', type: () => CustomerJourneyDto }) journey!: CustomerJourneyDto;
  @Described({ description: 'All ids of the customer.', type: () => [String] }) customer_ids!: string[];
  @Described({ description: 'Attribution models of the credits.', type: () => [String] }) models!: string[];
  @Field(() => [JourneyEventDto], { description: 'What the customer did, oldest first.' })
  @ApiProperty({ type: [JourneyEventDto] })
  timeline!: JourneyEventDto[];
  @Field(() => String, {
    nullable: true,
    description: 'Give it back as `cursor` for what comes after; null at the end.',
  })
  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
  @Described({
    description: 'What to be careful about.',
    type: () => GraphQLJSON,
    schema: { type: 'array', items: { type: 'object' } },
  })
  warnings!: { code: string; message: string }[];
}

@ObjectType('CustomerJourneyPage', { description: 'One page of journeys.' })
export class CustomerJourneyListDto {
  @Field(() => [CustomerJourneyDto], { description: 'Journeys, by customer id.' })
  @ApiProperty({ type: [CustomerJourneyDto] })
  data!: CustomerJourneyDto[];
  @Field(() => String, { nullable: true, description: 'Give it back as `cursor` for the next page; null at the end.' })
  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}

@ArgsType()
export class JourneyListQuery extends PageQuery {
  @ApiPropertyOptional({ description: 'Channel of the first touchpoint.', example: 'meta_ads' })
  @Field(() => String, { nullable: true, description: 'Channel of the first touchpoint.' })
  @IsOptional()
  @IsString()
  @Length(1, 1_000)
  first_touch_source?: string;

  @ApiPropertyOptional({ format: 'uuid', description: 'Campaign of the first touchpoint.' })
  @Field(() => String, { nullable: true, description: 'Campaign of the first touchpoint.' })
  @IsOptional()
  @IsUUID()
  first_touch_campaign_id?: string;

  @ApiPropertyOptional({ description: 'Stage.', example: 'opportunity' })
  @Field(() => String, { nullable: true, description: 'Stage.' })
  @IsOptional()
  @IsString()
  @Length(1, 1_000)
  current_stage?: string;

  @ApiPropertyOptional({ enum: ['true', 'false'], description: 'Only customers who have bought, or who have not.' })
  @Field(() => String, { nullable: true, description: 'Only customers who have bought, or who have not.' })
  @IsOptional()
  @IsIn(['true', 'false'])
  converted?: 'true' | 'false';
}
