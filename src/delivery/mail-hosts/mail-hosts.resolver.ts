import { Args, Mutation, Query, Resolver } from '@nestjs/graphql';
import { CurrentIdentity, type Identity } from '../../access/identity.js';
import { Allow } from '../../access/permissions.js';
import { MailHostStateDto, MailHostVerificationDto, PutMailHostDto } from './mail-host.dto.js';
import { MailHostsService } from './mail-hosts.service.js';

/** Each of these is what the REST door of the same kind does. */
@Resolver(() => MailHostStateDto)
export class MailHostsResolver {
  constructor(private readonly hosts: MailHostsService) {}

  @Query(() => MailHostStateDto, { name: 'mailHost', description: 'The organisation’s own mail host.' })
  @Allow('organization:manage')
  get(@CurrentIdentity() identity: Identity): Promise<MailHostStateDto> {
    return this.hosts.get(identity);
  }

  @Mutation(() => MailHostStateDto, {
    name: 'setMailHost',
    description: 'Sends reports through a mail host of the organisation’s own, from the next mail on.',
  })
  @Allow('organization:manage')
  put(
    @CurrentIdentity() identity: Identity,
    @Args('input', { description: 'The host, and who logs in there.' }) input: PutMailHostDto,
  ): Promise<MailHostStateDto> {
    return this.hosts.put(identity, input);
  }

  @Mutation(() => MailHostStateDto, {
    name: 'removeMailHost',
    description: 'Sends reports through the installation’s mail host again.',
  })
  @Allow('organization:manage')
  async remove(@CurrentIdentity() identity: Identity): Promise<MailHostStateDto> {
    await this.hosts.remove(identity);
    return this.hosts.get(identity);
  }

  @Mutation(() => MailHostVerificationDto, {
    name: 'verifyMailHost',
    description: 'A real conversation: connects, agrees on TLS, logs in and, with `to`, sends a test mail.',
  })
  @Allow('organization:manage')
  verify(
    @CurrentIdentity() identity: Identity,
    @Args('to', { type: () => String, nullable: true, description: 'Also sends a test mail to this address.' })
    to?: string,
  ): Promise<MailHostVerificationDto> {
    return this.hosts.verify(identity, to ?? undefined);
  }
}
