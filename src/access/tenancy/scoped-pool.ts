import pg from 'pg';
import { LastingPool } from '../../common/lasting-pool.js';
import { isUuid } from '../../common/uuid.js';
import { currentScope, type Scope } from './scope.js';
import { INSTALLATION_ROLE, TENANT_ROLE, TENANT_SETTING } from './roles.js';

type ConnectCallback = (error: Error | undefined, client?: pg.PoolClient, release?: (failed?: unknown) => void) => void;

/** The statement that puts a connection into a scope, outside of any transaction. */
export function scopeSql(scope: Scope | null): string {
  if (scope !== null && 'across' in scope) return `SET ROLE ${INSTALLATION_ROLE}; SET ${TENANT_SETTING} = ''`;
  const id = scope?.organizationId ?? '';
  if (id !== '' && !isUuid(id)) throw new Error('A scope needs the id of an organisation.');
  return `SET ROLE ${TENANT_ROLE}; SET ${TENANT_SETTING} = '${id}'`;
}

/** Connections of the system of record, each handed out in the scope of whoever asks for it. */
export class ScopedPool extends LastingPool {
  /** What each connection was last put into. */
  private readonly applied = new WeakMap<pg.PoolClient, string>();

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    const wanted = scopeSql(currentScope());
    const connected = super.connect().then((client) => this.enter(client, wanted));
    if (!callback) return connected;
    connected.then(
      (client) => callback(undefined, client, (failed) => client.release(failed as Error | boolean)),
      (error: unknown) => callback(error as Error),
    );
  }

  private async enter(client: pg.PoolClient, wanted: string): Promise<pg.PoolClient> {
    if (this.applied.get(client) === wanted) return client;
    this.applied.delete(client);
    try {
      await client.query(wanted);
    } catch (error) {
      client.release(true);
      throw error;
    }
    this.applied.set(client, wanted);
    return client;
  }
}

/** The `pg` module as TypeORM wants it, with scoped connections. */
export const scopedDriver = { ...pg, Pool: ScopedPool };
