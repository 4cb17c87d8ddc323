import { Injectable } from '@nestjs/common';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { notFound } from '../common/problem.js';
import { SecretStore, refuseOwn } from './secret-store.js';
import type { SecretDto } from './secrets.dto.js';

/** Secrets as an administrator may handle them: put, seen by name, removed; never read. */
@Injectable()
export class SecretsService {
  constructor(private readonly secrets: SecretStore) {}

  list({ organizationId }: Identity): Promise<SecretDto[]> {
    return this.secrets.names(organizationId);
  }

  async put(identity: Identity, name: string, value: string): Promise<SecretDto> {
    refuseOwn(name);
    await this.secrets.put(identity.organizationId, name, value, { actor: actorOf(identity) });
    const written = (await this.list(identity)).find((secret) => secret.name === name);
    if (!written) throw notFound(`There is no secret ${name} any more.`);
    return written;
  }

  async remove(identity: Identity, name: string): Promise<void> {
    refuseOwn(name);
    const removed = await this.secrets.remove(identity.organizationId, name, { actor: actorOf(identity) });
    if (!removed) throw notFound(`There is no secret ${name.slice(0, 100)}.`);
  }
}
