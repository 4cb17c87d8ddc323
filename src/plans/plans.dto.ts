import { ObjectType } from '@nestjs/graphql';
import { Described } from '../common/described.js';
import { FEATURES, FEATURE_NAMES } from './features.js';

@ObjectType('Feature', { description: 'Something that a plan opens, or does not.' })
export class FeatureDto {
  @Described({
    description: 'Its name.',
    type: () => String,
    oneOf: FEATURE_NAMES,
    example: 'advanced_analytics',
  })
  feature!: string;
  @Described({ description: 'What it opens.', type: () => String, example: FEATURES.advanced_analytics })
  description!: string;
  @Described({ description: 'Whether the organisation’s plan has it.', type: () => Boolean }) enabled!: boolean;
  @Described({
    description: 'Whether this version has any route that belongs to it; one without is there for what is to come.',
    type: () => Boolean,
  })
  has_doors!: boolean;
}
