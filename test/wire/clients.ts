import pg from 'pg';
import { ADMIN_KEY, type TestServer } from '../support/server.js';

const [, USER = '', ...SECRET] = ADMIN_KEY.split('_');
/** User and password of the SQL API are the parts of the key. */
export const USER_NAME = USER;
export const PASSWORD = SECRET.join('_');

export const DATABASE = 'main';

/** A connection by node-postgres, closed by the caller. */
export async function connect(server: TestServer, more: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: server.sqlPort,
    user: USER_NAME,
    password: PASSWORD,
    database: DATABASE,
    ...more,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
