import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { badRequest } from '../common/problem.js';
import { ERASURE_MODES } from '../ingestion/erased-set.js';
import { ErasureService } from './erasure.service.js';
import {
  ErasureDto,
  NewestQuery,
  RetentionPolicyDto,
  RetentionPreviewItemDto,
  RetentionRuleInput,
  RetentionRunDto,
  StoreEvidenceDto,
  erasureDto,
  previewDto,
  retentionRunDto,
} from './protection.dto.js';
import { policyDto } from './retention.controller.js';
import { RetentionService } from './retention.service.js';

const Customer = (): ParameterDecorator =>
  Args('customer', { type: () => String, description: 'A UUID, an id as its source has it, or an e-mail address.' });
const Identifiers = (): ParameterDecorator =>
  Args('identifiers', {
    type: () => [String],
    nullable: true,
    description: 'Further words by which texts name the person.',
  });

@Resolver()
export class ProtectionResolver {
  constructor(
    private readonly retention: RetentionService,
    private readonly erasures: ErasureService,
  ) {}

  @Query(() => RetentionPolicyDto, { name: 'retentionPolicy', description: 'What is kept for how long.' })
  @Allow('organization:manage')
  async policy(@CurrentIdentity() { organizationId }: Identity): Promise<RetentionPolicyDto> {
    return policyDto(await this.retention.policy(organizationId));
  }

  @Query(() => [RetentionPreviewItemDto], {
    name: 'retentionPreview',
    description: 'Exactly what a run of the rules would take at this moment.',
  })
  @Allow('organization:manage')
  async preview(@CurrentIdentity() { organizationId }: Identity): Promise<RetentionPreviewItemDto[]> {
    return (await this.retention.preview(organizationId)).map(previewDto);
  }

  @Query(() => [RetentionRunDto], { name: 'retentionRuns', description: 'Runs of the rules, newest first.' })
  @Allow('organization:manage')
  async runs(
    @CurrentIdentity() { organizationId }: Identity,
    @Args() { limit = 100 }: NewestQuery,
  ): Promise<RetentionRunDto[]> {
    return (await this.retention.runs(organizationId, limit)).map(retentionRunDto);
  }

  @Mutation(() => RetentionPolicyDto, {
    name: 'setRetentionPolicy',
    description: 'Sets what is kept for how long; takes the place of all rules.',
  })
  @Allow('organization:manage')
  async change(
    @CurrentIdentity() identity: Identity,
    @Args('rules', { type: () => [RetentionRuleInput], description: 'All rules.' }) rules: RetentionRuleInput[],
  ): Promise<RetentionPolicyDto> {
    return policyDto(await this.retention.change(identity, rules));
  }

  @Mutation(() => RetentionRunDto, { name: 'runRetention', description: 'Runs the rules now.' })
  @Allow('organization:manage')
  async run(@CurrentIdentity() identity: Identity): Promise<RetentionRunDto> {
    return retentionRunDto(await this.retention.get(identity.organizationId, await this.retention.run(identity)));
  }

  @Query(() => [StoreEvidenceDto], {
    name: 'erasurePreview',
    description: 'What every store has of a customer; counts only.',
  })
  @Allow('organization:manage')
  erasurePreview(
    @CurrentIdentity() identity: Identity,
    @Customer() customer: string,
    @Identifiers() identifiers?: string[],
  ): Promise<StoreEvidenceDto[]> {
    return this.erasures.preview(identity, { customer, identifiers: identifiers ?? [] });
  }

  @Query(() => [ErasureDto], { name: 'customerErasures', description: 'Erasures and their evidence, newest first.' })
  @Allow('organization:manage')
  async list(
    @CurrentIdentity() { organizationId }: Identity,
    @Args() { limit = 100 }: NewestQuery,
  ): Promise<ErasureDto[]> {
    return (await this.erasures.list(organizationId, limit)).map(erasureDto);
  }

  @Query(() => ErasureDto, { name: 'customerErasure', description: 'An erasure and its evidence.' })
  @Allow('organization:manage')
  async erasure(
    @CurrentIdentity() { organizationId }: Identity,
    @Args('id', { type: () => String, description: 'Its id.' }) id: string,
  ): Promise<ErasureDto> {
    return erasureDto(await this.erasures.get(organizationId, id));
  }

  @Mutation(() => ErasureDto, {
    name: 'eraseCustomer',
    description: 'Erases a customer, all ids in all stores; done soon, evidenced.',
  })
  @Allow('organization:manage')
  async erase(
    @CurrentIdentity() identity: Identity,
    @Customer() customer: string,
    @Args('mode', { type: () => String, description: 'delete, or anonymise: the rows stay without the customer.' })
    mode: string,
    @Identifiers() identifiers?: string[],
  ): Promise<ErasureDto> {
    const known = ERASURE_MODES.find((each) => each === mode);
    if (!known) throw badRequest('invalid_request', `mode must be one of ${ERASURE_MODES.join(', ')}.`);
    return erasureDto(await this.erasures.start(identity, { customer, identifiers: identifiers ?? [] }, known));
  }
}
