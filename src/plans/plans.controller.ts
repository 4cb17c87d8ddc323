import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { FeatureDto } from './plans.dto.js';
import { Plans } from './plans.service.js';

class PlanDto {
  @ApiProperty({ example: 'professional' }) plan!: string;
  @ApiProperty({ example: 'Professional' }) label!: string;
  @ApiProperty({ type: [FeatureDto] }) features!: readonly FeatureDto[];
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
      features: this.plans.featuresOf(plan),
    };
  }
}
