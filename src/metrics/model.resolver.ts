import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { organizationWithAllMembers, policyOf } from '../access/policy.js';
import { PageQuery } from '../common/page.js';
import { badRequest } from '../common/problem.js';
import type { DialectName } from '../compiler/dialect/types.js';
import { CubeModelService } from './cube-model.service.js';
import { DefinitionImportDto, IMPORT_MODES, type ImportMode } from './definition-import.dto.js';
import { DefinitionImportService } from './definition-import.service.js';
import { MetricService } from './metric.service.js';
import { CubeModelDto, DIALECTS, ModelDiffDto, ModelDto, ModelHistoryDto, RestoredModelDto } from './model.dto.js';
import { ModelHistoryService } from './model-history.service.js';

@Resolver(() => ModelDto)
export class ModelResolver {
  constructor(
    private readonly metrics: MetricService,
    private readonly snapshots: ModelHistoryService,
    private readonly definitions: DefinitionImportService,
    private readonly cube: CubeModelService,
  ) {}

  @Query(() => ModelDto, { name: 'model', description: 'The live snapshot of the model.' })
  @Allow('reports:read')
  model(@CurrentIdentity() identity: Identity): Promise<ModelDto> {
    return this.metrics.model(policyOf(identity));
  }

  @Query(() => ModelHistoryDto, { name: 'modelHistory', description: 'Snapshots that were published, newest first.' })
  @Allow('metrics:read')
  history(@CurrentIdentity() identity: Identity, @Args() query: PageQuery): Promise<ModelHistoryDto> {
    return this.snapshots.history(organizationWithAllMembers(identity), query);
  }

  @Query(() => ModelDiffDto, {
    name: 'modelDiff',
    description: 'What differs between two snapshots; by default between the live one and the one before.',
  })
  @Allow('metrics:read')
  diff(
    @CurrentIdentity() identity: Identity,
    @Args('from', { type: () => String, nullable: true, description: 'Hash; the one before `to` when absent.' })
    from?: string,
    @Args('to', { type: () => String, nullable: true, description: 'Hash; the live one when absent.' }) to?: string,
  ): Promise<ModelDiffDto> {
    return this.snapshots.diff(organizationWithAllMembers(identity), from ?? undefined, to ?? undefined);
  }

  @Mutation(() => RestoredModelDto, {
    name: 'restoreModel',
    description: 'Brings the definitions of a snapshot back, as a new publication.',
  })
  @Allow('metrics:write')
  restore(
    @CurrentIdentity() identity: Identity,
    @Args('snapshot', { type: () => String, description: 'Hash of a snapshot that the organisation once published.' })
    snapshot: string,
  ): Promise<RestoredModelDto> {
    return this.snapshots.restore(identity, snapshot);
  }

  @Query(() => CubeModelDto, { name: 'cubeModel', description: 'The live model as stock Cube files.' })
  @Allow('metrics:read')
  cubeModel(
    @CurrentIdentity() identity: Identity,
    @Args('dialect', { type: () => String, defaultValue: 'clickhouse', description: '`clickhouse` or `postgres`.' })
    dialect: string,
  ): Promise<CubeModelDto> {
    return this.cube.files(organizationWithAllMembers(identity), oneOf<DialectName>('dialect', dialect, DIALECTS));
  }

  @Query(() => String, {
    name: 'exportDefinitions',
    description: 'The organisation’s own definitions as YAML, in a stable order.',
  })
  @Allow('metrics:read')
  export(@CurrentIdentity() identity: Identity): Promise<string> {
    return this.definitions.export(organizationWithAllMembers(identity));
  }

  @Mutation(() => DefinitionImportDto, {
    name: 'importDefinitions',
    description: 'Takes over definitions from YAML: all of it in one publication, or nothing.',
  })
  @Allow('metrics:write')
  import(
    @CurrentIdentity() identity: Identity,
    @Args('file', { type: () => String, description: 'Text of the file.' }) file: string,
    @Args('mode', {
      type: () => String,
      defaultValue: 'merge',
      description: '`merge` leaves alone what is not in the file, `replace` deactivates it.',
    })
    mode: string,
    @Args('dry_run', { type: () => Boolean, defaultValue: false, description: 'Answers the same, writes nothing.' })
    dryRun: boolean,
  ): Promise<DefinitionImportDto> {
    return this.definitions.import(identity, file, { mode: oneOf<ImportMode>('mode', mode, IMPORT_MODES), dryRun });
  }
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found !== undefined) return found;
  const message = `${name} is one of ${allowed.join(', ')}.`;
  throw badRequest('invalid_request', message, [{ code: 'wrong_value', message, pointer: `/${name}` }]);
}
