import { Args, Field, ID, Mutation, ObjectType, Query, Resolver } from '@nestjs/graphql';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { CreateMetricDto, MetricDto, MetricValidationDto, ModelDto, UpdateMetricDto } from './metric.dto.js';
import { MetricService } from './metric.service.js';

@ObjectType({ description: 'A metric that was deactivated, and what that broke.' })
class DeactivatedMetric {
  @Field(() => MetricDto, { description: 'The metric.' }) metric!: MetricDto;
  @Field(() => [String], { description: 'Keys of metrics that are quarantined by this.' }) breaks!: string[];
}

@Resolver(() => MetricDto)
export class MetricsResolver {
  constructor(private readonly metrics: MetricService) {}

  @Query(() => [MetricDto], {
    name: 'metrics',
    description: 'All metrics and dimensions, the standard library included.',
  })
  @Allow('reports:read')
  list(
    @CurrentIdentity() identity: Identity,
    @Args('metric_type', { type: () => String, nullable: true, description: '`metric` or `dimension`.' })
    metric_type?: string,
    @Args('category', { type: () => String, nullable: true, description: 'Only this category.' }) category?: string,
    @Args('q', { type: () => String, nullable: true, description: 'Part of a key, label or alias.' }) q?: string,
  ): Promise<MetricDto[]> {
    return this.metrics.list(identity.organizationId, {
      ...(metric_type ? { metric_type } : {}),
      ...(category ? { category } : {}),
      ...(q ? { q } : {}),
    });
  }

  @Query(() => MetricDto, { name: 'metric', description: 'One metric or dimension.' })
  @Allow('reports:read')
  get(
    @CurrentIdentity() identity: Identity,
    @Args('id', { type: () => ID, description: 'Its id.' }) id: string,
  ): Promise<MetricDto> {
    return this.metrics.get(identity.organizationId, id);
  }

  @Query(() => ModelDto, { name: 'model', description: 'The live snapshot of the model.' })
  @Allow('reports:read')
  model(@CurrentIdentity() identity: Identity): Promise<ModelDto> {
    return this.metrics.model(identity.organizationId);
  }

  @Query(() => MetricValidationDto, { name: 'validateMetric', description: 'Checks a definition without writing it.' })
  @Allow('metrics:write')
  validate(
    @CurrentIdentity() identity: Identity,
    @Args('input', { description: 'The definition.' }) input: CreateMetricDto,
  ): Promise<MetricValidationDto> {
    return this.metrics.validate(identity.organizationId, input);
  }

  @Mutation(() => MetricDto, {
    name: 'createMetric',
    description: 'Creates a metric or dimension; live when it returns.',
  })
  @Allow('metrics:write')
  create(
    @CurrentIdentity() identity: Identity,
    @Args('input', { description: 'The definition.' }) input: CreateMetricDto,
  ): Promise<MetricDto> {
    return this.metrics.create(identity, input);
  }

  @Mutation(() => MetricDto, { name: 'updateMetric', description: 'Changes a metric or dimension.' })
  @Allow('metrics:write')
  update(
    @CurrentIdentity() identity: Identity,
    @Args('id', { type: () => ID, description: 'Its id.' }) id: string,
    @Args('input', { description: 'What changes.' }) input: UpdateMetricDto,
  ): Promise<MetricDto> {
    return this.metrics.update(identity, id, input);
  }

  @Mutation(() => DeactivatedMetric, { name: 'deactivateMetric', description: 'Deactivates a metric or dimension.' })
  @Allow('metrics:write')
  deactivate(
    @CurrentIdentity() identity: Identity,
    @Args('id', { type: () => ID, description: 'Its id.' }) id: string,
  ): Promise<DeactivatedMetric> {
    return this.metrics.deactivate(identity, id);
  }
}
