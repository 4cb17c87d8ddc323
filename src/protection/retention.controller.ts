import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import {
  NewestQuery,
  RetentionPolicyBody,
  RetentionPolicyDto,
  RetentionPreviewDto,
  RetentionRunDto,
  RetentionRunListDto,
  previewDto,
  retentionRunDto,
} from './protection.dto.js';
import { NOT_BY_RULE } from './retention-rules.js';
import { RetentionService, type RetentionPolicy } from './retention.service.js';

export const policyDto = (policy: RetentionPolicy): RetentionPolicyDto => ({
  ...policy,
  not_by_rule: Object.entries(NOT_BY_RULE).map(([type, reason]) => ({ type, reason })),
});

@ApiTags('data protection')
@ApiBearerAuth()
@Controller('api/retention')
export class RetentionController {
  constructor(private readonly retention: RetentionService) {}

  @Get()
  @Allow('organization:manage')
  @ApiOperation({ summary: 'What is kept for how long' })
  @ApiResponse({ status: 200, type: RetentionPolicyDto })
  async get(@CurrentIdentity() { organizationId }: Identity): Promise<RetentionPolicyDto> {
    return policyDto(await this.retention.policy(organizationId));
  }

  @Put()
  @Allow('organization:manage')
  @ApiOperation({
    summary: 'Set what is kept for how long',
    description: 'Takes the place of all rules. They run once a day, at about three in the organisation’s time zone.',
  })
  @ApiResponse({ status: 200, type: RetentionPolicyDto })
  @ApiResponse({ status: 400, description: '`invalid_request`, `retention_not_possible`' })
  async change(
    @CurrentIdentity() identity: Identity,
    @Body() { rules }: RetentionPolicyBody,
  ): Promise<RetentionPolicyDto> {
    return policyDto(await this.retention.change(identity, rules));
  }

  @Get('preview')
  @Allow('organization:manage')
  @ApiOperation({
    summary: 'Try the rules out',
    description: 'Exactly what a run would take at this moment, by type and source. Nothing is changed.',
  })
  @ApiResponse({ status: 200, type: RetentionPreviewDto })
  async preview(@CurrentIdentity() { organizationId }: Identity): Promise<RetentionPreviewDto> {
    return { data: (await this.retention.preview(organizationId)).map(previewDto) };
  }

  @Post('runs')
  @HttpCode(202)
  @Allow('organization:manage')
  @ApiOperation({ summary: 'Run the rules now' })
  @ApiResponse({ status: 202, type: RetentionRunDto })
  @ApiResponse({ status: 409, description: '`no_retention_rules`' })
  async run(@CurrentIdentity() identity: Identity): Promise<RetentionRunDto> {
    return retentionRunDto(await this.retention.get(identity.organizationId, await this.retention.run(identity)));
  }

  @Get('runs')
  @Allow('organization:manage')
  @ApiOperation({ summary: 'Runs of the rules, with what they took' })
  @ApiResponse({ status: 200, type: RetentionRunListDto })
  async runs(
    @CurrentIdentity() { organizationId }: Identity,
    @Query() { limit = 100 }: NewestQuery,
  ): Promise<RetentionRunListDto> {
    return { data: (await this.retention.runs(organizationId, limit)).map(retentionRunDto) };
  }

  @Get('runs/:id')
  @Allow('organization:manage')
  @ApiOperation({ summary: 'A run of the rules' })
  @ApiResponse({ status: 200, type: RetentionRunDto })
  async one(@CurrentIdentity() { organizationId }: Identity, @Param('id') id: string): Promise<RetentionRunDto> {
    return retentionRunDto(await this.retention.get(organizationId, id));
  }
}
