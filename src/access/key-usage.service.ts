import { Injectable, Logger, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { acrossOrganizations } from './tenancy/scope.js';

const WRITE_EVERY_MS = 15_000;
/** How old what is written may be before it is written anew. */
const RESOLUTION = '1 minute';

/** Records when keys were last used: gathered here, written together, so that no request waits for it. */
@Injectable()
export class KeyUsage implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger('Keys');
  private used = new Map<string, Date>();
  private timer: NodeJS.Timeout | undefined;

  constructor(@InjectDataSource() private readonly database: DataSource) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.write(), WRITE_EVERY_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.write();
  }

  note(publicId: string): void {
    this.used.set(publicId, new Date());
  }

  /** Writes what was gathered since the last time. */
  async write(): Promise<void> {
    const used = this.used;
    if (used.size === 0) return;
    this.used = new Map();
    try {
      await acrossOrganizations('recording the use of keys', () =>
        this.database.query(
          `UPDATE api_keys SET last_used_at = used.at
           FROM unnest($1::text[], $2::timestamptz[]) AS used (public_id, at)
           WHERE api_keys.public_id = used.public_id
             AND (last_used_at IS NULL OR last_used_at < used.at - interval '${RESOLUTION}')`,
          [[...used.keys()], [...used.values()]],
        ),
      );
    } catch (error) {
      this.logger.warn(`The use of ${used.size} keys could not be recorded: ${(error as Error).message}`);
    }
  }
}
