import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { acrossOrganizations, inOrganization } from '../access/tenancy/scope.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { ProcessLock } from '../ingestion/process-lock.js';
import { seal, unseal, type SecretPlace } from '../secrets/sealed.js';

/** How long a key is remembered. */
const KEEP = `INTERVAL '24 hours'`;
const CLEAR_EVERY_MS = 3_600_000;
/** A longer answer is not kept, and its key is free again. Answers to what creates something are short. */
const MOST_BODY_BYTES = 1024 * 1024;

export interface KeyedRequest {
  readonly organizationId: string;
  readonly key: string;
  /** Who asks for what: the same key for anything else is a mistake. */
  readonly request: string;
}

/** What is known of a key that was used before. */
export interface KnownRequest {
  readonly request: string;
  /** Null while the body comes in, and for bodies that are not compared. */
  readonly body_sha256: string | null;
  readonly owner: string;
  /** Null while it is worked on. */
  readonly status: number | null;
  readonly content_type: string | null;
  /** Null also for an answer with a secret where nothing seals it. */
  readonly body: Buffer | null;
  /** Of a sealed body, the key's fingerprint. */
  readonly key_id: string | null;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: unknown;
  /** Null where the status tells. */
  readonly isDone: boolean | null;
  readonly showsSecret: boolean;
}

/** Which requests with a key were answered, and how. */
@Injectable()
export class IdempotencyLedger implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Idempotency');
  private readonly process: ProcessLock;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'secretKeys'>,
  ) {
    this.process = new ProcessLock(database);
  }

  onApplicationBootstrap(): void {
    const clear = (): void =>
      void this.clear().catch((error: unknown) => this.logger.warn(`Old keys stay for now: ${String(error)}`));
    this.timer = setInterval(clear, CLEAR_EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.process.release();
  }

  /** Takes a key for this request. @returns null when it is taken, else what it was used for before */
  async claim({ organizationId, key, request }: KeyedRequest): Promise<KnownRequest | null> {
    const owner = await this.process.owner();
    for (;;) {
      const taken = await this.database.query<unknown[]>(
        `INSERT INTO idempotency_keys AS known (organization_id, key, request, owner) VALUES ($1, $2, $3, $4)
         ON CONFLICT (organization_id, key) DO UPDATE SET request = excluded.request, owner = excluded.owner,
           body_sha256 = NULL, status = NULL, content_type = NULL, body = NULL, key_id = NULL,
           created_at = now()
         WHERE known.created_at < now() - ${KEEP}
         RETURNING true`,
        [organizationId, key, request, owner],
      );
      if (taken.length > 0) return null;
      const [known] = await this.database.query<KnownRequest[]>(
        `SELECT request, body_sha256, owner, status, content_type, body, key_id FROM idempotency_keys
         WHERE organization_id = $1 AND key = $2`,
        [organizationId, key],
      );
      // Otherwise it was freed in between.
      if (known) return known;
    }
  }

  /** Whether the process that works on it has died. */
  isAbandoned({ owner }: KnownRequest): Promise<boolean> {
    return this.database.transaction((manager) => ProcessLock.isDead(owner, manager));
  }

  /** Takes over a request whose process has died. @returns false when another was faster */
  async takeOver({ organizationId, key }: KeyedRequest, { owner }: KnownRequest): Promise<boolean> {
    const rows = await this.database.query<[unknown[], number]>(
      `UPDATE idempotency_keys SET owner = $4 WHERE organization_id = $1 AND key = $2 AND owner = $3 AND status IS NULL`,
      [organizationId, key, owner, await this.process.owner()],
    );
    return rows[1] > 0;
  }

  /**
   * Keeps an answer, so that it is given again; or frees the key, when the request was refused and may be sent again. An
   * unexpected error is kept, too: nobody knows how far the work had come.
   */
  async finish({ organizationId, key }: KeyedRequest, answer: Answer, bodySha256: string | null): Promise<void> {
    const { status, contentType, showsSecret } = answer;
    const body =
      typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body == null ? Buffer.alloc(0) : answer.body;
    const isDone = answer.isDone ?? (status < 300 || status === 500);
    const isKept = isDone && Buffer.isBuffer(body) && body.length <= MOST_BODY_BYTES;
    const kept = isKept && showsSecret ? this.sealed({ organizationId, key }, body) : { body, key_id: null };
    await inOrganization(organizationId, () =>
      isKept
        ? this.database.query(
            `UPDATE idempotency_keys SET status = $3, content_type = $4, body = $5, body_sha256 = $6, key_id = $7
             WHERE organization_id = $1 AND key = $2`,
            [organizationId, key, status, contentType, kept.body, bodySha256, kept.key_id],
          )
        : this.database.query('DELETE FROM idempotency_keys WHERE organization_id = $1 AND key = $2', [
            organizationId,
            key,
          ]),
    );
  }

  /** The body of a known answer; null for one with a secret that is not kept, or whose key is gone. */
  bodyOf(place: Pick<KeyedRequest, 'organizationId' | 'key'>, { body, key_id }: KnownRequest): Buffer | null {
    if (key_id === null || body === null) return body;
    const key = this.config.secretKeys.find(({ id }) => id === key_id);
    return key ? Buffer.from(unseal(key, placeOf(place), body), 'utf8') : null;
  }

  private sealed(
    place: Pick<KeyedRequest, 'organizationId' | 'key'>,
    body: Buffer,
  ): { body: Buffer | null; key_id: string | null } {
    const [key] = this.config.secretKeys;
    if (!key) return { body: null, key_id: null };
    return { body: seal(key, placeOf(place), body.toString('utf8')), key_id: key.id };
  }

  private async clear(): Promise<void> {
    await acrossOrganizations('forgetting old idempotency keys', () =>
      this.database.query(`DELETE FROM idempotency_keys WHERE created_at < now() - ${KEEP}`),
    );
  }
}

const placeOf = ({ organizationId, key }: Pick<KeyedRequest, 'organizationId' | 'key'>): SecretPlace => ({
  organizationId,
  name: `idempotency ${key}`,
});
