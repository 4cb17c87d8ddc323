import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { SecretDto } from './secrets.dto.js';
import { SecretsService } from './secrets.service.js';

const Name = (): ParameterDecorator =>
  Args('name', { type: () => String, description: 'Name, such as connector.meta_ads.token.' });

@Resolver(() => SecretDto)
export class SecretsResolver {
  constructor(private readonly secrets: SecretsService) {}

  @Query(() => [SecretDto], { name: 'secrets', description: 'Secrets by name; their values are never told.' })
  @Allow('organization:manage')
  list(@CurrentIdentity() identity: Identity): Promise<SecretDto[]> {
    return this.secrets.list(identity);
  }

  @Mutation(() => SecretDto, {
    name: 'putSecret',
    description: 'Keeps a secret, sealed; one of the same name is replaced.',
  })
  @Allow('organization:manage')
  put(
    @CurrentIdentity() identity: Identity,
    @Name() name: string,
    @Args('value', { type: () => String, description: 'The secret; never shown again.' }) value: string,
  ): Promise<SecretDto> {
    return this.secrets.put(identity, name, value);
  }

  @Mutation(() => Boolean, { name: 'removeSecret', description: 'Takes a secret away; true when it is gone.' })
  @Allow('organization:manage')
  async remove(@CurrentIdentity() identity: Identity, @Name() name: string): Promise<boolean> {
    await this.secrets.remove(identity, name);
    return true;
  }
}
