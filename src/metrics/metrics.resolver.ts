import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { policyOf } from '../access/policy.js';
import {
  CreateMetricDto,
  DeactivatedMetricDto,
  MetricDto,
  MetricValidationDto,
  UpdateMetricDto,
  WrittenMetricDto,
} from './metric.dto.js';
import { MetricService } from './metric.service.js';

@Resolver(() => MetricDto)
export class MetricsResolver {
  constructor(private readonly metrics: MetricService) {}

  @Query(() => [MetricDto], {
    name: 'metrics',
    description: 'All metrics and dimensions, the standard library included.',
  })
  @Allow('metrics:read')
  list(
    @CurrentIdentity() identity: Identity,
    @Args('metric_type', { type: () => String, nullable: true, description: '`metric` or `dimension`.' })
    metric_type?: string,
    @Args('category', { type: () => String, nullable: true, description: 'Only this category.' }) category?: string,
    @Args('q', { type: () => String, nullable: true, description: 'Part of a key, label or alias.' }) q?: string,
    @Args('is_active', {
      type: () => Boolean,
      nullable: true,
      defaultValue: true,
      description: 'False lists the deactivated ones.',
    })
    is_active?: boolean,
  ): Promise<MetricDto[]> {
    return this.metrics.list(policyOf(identity), {
      ...(metric_type ? { metric_type } : {}),
      ...(category ? { category } : {}),
      ...(q ? { q } : {}),
      is_active: is_active ?? true,
    });
  }

  @Query(() => MetricDto, { name: 'metric', description: 'One metric or dimension.' })
  @Allow('metrics:read')
  get(
    @CurrentIdentity() identity: Identity,
    @Args('id', { type: () => ID, description: 'Its id.' }) id: string,
  ): Promise<MetricDto> {
    return this.metrics.get(policyOf(identity), id);
  }

  @Query(() => MetricValidationDto, { name: 'validateMetric', description: 'Checks a definition without writing it.' })
  @Allow('metrics:write')
  validate(
    @CurrentIdentity() identity: Identity,
    @Args('input', { description: 'The definition.' }) input: CreateMetricDto,
  ): Promise<MetricValidationDto> {
    return this.metrics.validate(identity.organizationId, { body: input });
  }

  @Query(() => MetricValidationDto, {
    name: 'validateMetricChange',
    description: 'Checks a change without making it; `is_active: false` asks what deactivating would break.',
  })
  @Allow('metrics:write')
  validateChange(
    @CurrentIdentity() identity: Identity,
    @Args('id', { type: () => ID, description: 'Id of the definition.' }) id: string,
    @Args('input', { description: 'What would change.' }) input: UpdateMetricDto,
  ): Promise<MetricValidationDto> {
    return this.metrics.validate(identity.organizationId, { id, body: input });
  }

  @Mutation(() => WrittenMetricDto, {
    name: 'createMetric',
    description: 'Creates a metric or dimension; live when it returns.',
  })
  @Allow('metrics:write')
  create(
    @CurrentIdentity() identity: Identity,
    @Args('input', { description: 'The definition.' }) input: CreateMetricDto,
  ): Promise<WrittenMetricDto> {
    return this.metrics.create(identity, input);
  }

  @Mutation(() => WrittenMetricDto, {
    name: 'updateMetric',
    description: 'Changes a metric or dimension; a new key leaves the old one as an alias.',
  })
  @Allow('metrics:write')
  update(
    @CurrentIdentity() identity: Identity,
    @Args('id', { type: () => ID, description: 'Its id.' }) id: string,
    @Args('input', { description: 'What changes.' }) input: UpdateMetricDto,
  ): Promise<WrittenMetricDto> {
    return this.metrics.update(identity, id, input);
  }

  @Mutation(() => DeactivatedMetricDto, {
    name: 'deactivateMetric',
    description: 'Deactivates a metric or dimension, and says which other metrics and saved views that breaks.',
  })
  @Allow('metrics:write')
  deactivate(
    @CurrentIdentity() identity: Identity,
    @Args('id', { type: () => ID, description: 'Its id.' }) id: string,
  ): Promise<DeactivatedMetricDto> {
    return this.metrics.deactivate(identity, id);
  }
}
