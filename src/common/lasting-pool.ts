import pg from 'pg';

/**
 * Connections to Postgres, of which one that breaks is replaced: whoever uses it gets the error from its statement. Without
 * listeners, to those that nobody has and to those that are in use, it would end the process.
 */
export class LastingPool extends pg.Pool {
  constructor(options: pg.PoolConfig) {
    super(options);
    this.on('error', () => undefined);
    this.on('connect', (client) => client.on('error', () => undefined));
  }
}
