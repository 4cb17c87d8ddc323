import { ArgsType, Field } from '@nestjs/graphql';
import { ArrayMaxSize, IsArray, IsOptional, IsString, Length } from 'class-validator';
import { PageQuery } from '../common/page.js';
import { GroupedAnalysisQuery, TimedAnalysisQuery } from './analysis.dto.js';

/** Arguments of GraphQL fields for what stands in the path of REST, beside its query. */

@ArgsType()
export class CustomerJourneyArgs extends PageQuery {
  @Field(() => String, { description: 'The customer.' })
  @IsString()
  @Length(1, 1_000)
  customer!: string;
}

@ArgsType()
export class CampaignArgs extends TimedAnalysisQuery {
  @Field(() => String, { description: 'UUID or name.' })
  @IsString()
  @Length(1, 1_000)
  campaign!: string;
}

@ArgsType()
export class AssetArgs extends TimedAnalysisQuery {
  @Field(() => String, { description: 'UUID or name.' })
  @IsString()
  @Length(1, 1_000)
  asset!: string;
}

@ArgsType()
export class ComparisonArgs extends GroupedAnalysisQuery {
  @Field(() => [String], { nullable: true, description: 'Keys of the models.' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(30)
  @IsString({ each: true })
  models?: string[];
}
