import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { FEATURES, FEATURE_NAMES } from './features.js';
import { Plans } from './plans.service.js';

class PlanFeatureDto {
  @ApiProperty({ example: 'advanced_analytics' }) feature!: string;
  @ApiProperty({ example: FEATURES.advanced_analytics }) description!: string;
  @ApiProperty() enabled!: boolean;
}
class PlanDto {
  @ApiProperty({ example: 'professional' }) plan!: string;
  @ApiProperty({ example: 'Professional' }) label!: string;
  @ApiProperty({ type: [PlanFeatureDto] }) features!: PlanFeatureDto[];
}

@ApiTags('identity')
@ApiBearerAuth()
@Controller('api/plan')
export class PlansController {
  constructor(private readonly plans: Plans) {}

  @Get()
  @Allow('identity:read')
  @ApiOperation({
    summary: 'The organisation’s plan',
    description:
      'Which features it has. A door of a feature that is off answers 403 `feature_not_enabled`. Whoever runs the installation changes the plan: `tributary org plan <slug> <plan>`.',
  })
  @ApiResponse({ status: 200, type: PlanDto })
  async get(@CurrentIdentity() identity: Identity): Promise<PlanDto> {
    const plan = await this.plans.of(identity);
    return {
      plan: plan.name,
      label: plan.label,
      features: FEATURE_NAMES.map((feature) => ({
        feature,
        description: FEATURES[feature],
        enabled: plan.features.includes(feature),
      })),
    };
  }
}
