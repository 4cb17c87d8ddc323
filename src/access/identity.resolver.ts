import { Query, Resolver } from '@nestjs/graphql';
import { MeDto } from './identity.dto.js';
import { CurrentIdentity, type Identity } from './identity.js';
import { Allow } from './permissions.js';
import { WhoAmI } from './who-am-i.service.js';

@Resolver(() => MeDto)
export class IdentityResolver {
  constructor(private readonly whoAmI: WhoAmI) {}

  @Query(() => MeDto, { name: 'me', description: 'Who one is, what one may do, and what narrows it.' })
  @Allow('identity:read')
  me(@CurrentIdentity() identity: Identity): Promise<MeDto> {
    return this.whoAmI.of(identity);
  }
}
