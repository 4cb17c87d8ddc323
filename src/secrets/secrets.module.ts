import { Global, Inject, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { acrossOrganizations } from '../access/tenancy/scope.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { sealInstallationKeys } from './installation-keys.js';
import { checkSecrets, secretsFault } from './secret-check.js';
import { SecretStore } from './secret-store.js';
import { SecretsController } from './secrets.controller.js';
import { SecretsResolver } from './secrets.resolver.js';
import { SecretsService } from './secrets.service.js';

/** A server whose key does not open what is stored does not start: it would fail later, one delivery at a time. */
@Injectable()
class SecretsStartCheck implements OnModuleInit {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  async onModuleInit(): Promise<void> {
    const { secretKeys } = this.config;
    const state = await acrossOrganizations('the check of secrets', () => checkSecrets(this.database, secretKeys));
    const fault = secretsFault(state, secretKeys);
    if (fault !== null) throw new Error(fault);
    await acrossOrganizations('sealing keys of the installation', () =>
      sealInstallationKeys(this.database, secretKeys, false),
    );
  }
}

/** What an organisation's secrets are kept in. */
@Global()
@Module({
  controllers: [SecretsController],
  providers: [SecretStore, SecretsService, SecretsResolver, SecretsStartCheck],
  exports: [SecretStore],
})
export class SecretsModule {}
