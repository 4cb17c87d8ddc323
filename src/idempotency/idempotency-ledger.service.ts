import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { acrossOrganizations, inOrganization } from '../access/tenancy/scope.js';
import { ProcessLock } from '../ingestion/process-lock.js';

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
  readonly body: Buffer | null;
}

/** Which requests with a key were answered, and how. */
@Injectable()
export class IdempotencyLedger implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Idempotency');
  private readonly process: ProcessLock;
  private timer: NodeJS.Timeout | null = null;

  constructor(@InjectDataSource() private readonly database: DataSource) {
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
           body_sha256 = NULL, status = NULL, content_type = NULL, body = NULL, created_at = now()
         WHERE known.created_at < now() - ${KEEP}
         RETURNING true`,
        [organizationId, key, request, owner],
      );
      if (taken.length > 0) return null;
      const [known] = await this.database.query<KnownRequest[]>(
        `SELECT request, body_sha256, owner, status, content_type, body FROM idempotency_keys
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
  async finish(
    { organizationId, key }: KeyedRequest,
    answer: { readonly status: number; readonly contentType: string; readonly body: unknown },
    bodySha256: string | null,
  ): Promise<void> {
    const { status, contentType } = answer;
    const body =
      typeof answer.body === 'string' ? Buffer.from(answer.body) : answer.body == null ? Buffer.alloc(0) : answer.body;
    const isKept = (status < 300 || status === 500) && Buffer.isBuffer(body) && body.length <= MOST_BODY_BYTES;
    await inOrganization(organizationId, () =>
      isKept
        ? this.database.query(
            `UPDATE idempotency_keys SET status = $3, content_type = $4, body = $5, body_sha256 = $6
             WHERE organization_id = $1 AND key = $2`,
            [organizationId, key, status, contentType, body, bodySha256],
          )
        : this.database.query('DELETE FROM idempotency_keys WHERE organization_id = $1 AND key = $2', [
            organizationId,
            key,
          ]),
    );
  }

  private async clear(): Promise<void> {
    await acrossOrganizations('forgetting old idempotency keys', () =>
      this.database.query(`DELETE FROM idempotency_keys WHERE created_at < now() - ${KEEP}`),
    );
  }
}
