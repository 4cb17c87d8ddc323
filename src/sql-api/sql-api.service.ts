import { randomBytes, randomInt } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { readFileSync } from 'node:fs';
import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { ApiKeyService } from '../access/api-key.service.js';
import { can, forbidden } from '../access/permissions.js';
import { enterOrganization, inNewRequest } from '../access/tenancy/scope.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { GuessThrottle } from '../limits/guess-throttle.service.js';
import { RequestLimits } from '../limits/request-limits.service.js';
import { Plans } from '../plans/plans.service.js';
import { QueryService } from '../query/query.service.js';
import { SqlMistake } from '../sql/mistake.js';
import { SqlConnection, type Door } from './connection.js';
import { knownStatements } from './known-statements.js';
import { MOST_CONNECTIONS, MOST_SESSIONS, MOST_SESSIONS_OF_ONE, MOST_UNPROVEN, PATIENCE_MS } from './limits.js';
import { Mirrors, type Mirror } from './mirrors.service.js';
import type { SessionHost } from './session-host.js';
import { Upstream } from './upstream.js';

/** The user's name, where it has the form of a key's id. */
const keyIdOf = (user: string): string | null => (/^[A-Za-z0-9]{8,32}$/.test(user) ? user : null);

/** The door for whatever speaks Postgres: user = key id, password = its secret, database = the organisation's slug. */
@Injectable()
export class SqlApi implements BeforeApplicationShutdown, Door {
  readonly decoy = randomBytes(32);
  readonly tls: SecureContext | null;
  private readonly logger = new Logger('SqlApi');
  private readonly connections = new Map<number, SqlConnection>();
  private readonly unproven = new Set<SqlConnection>();
  private readonly open = new Set<SqlConnection>();
  private readonly waiting: (() => void)[] = [];
  /** Sockets of clients that have not had their turn to prove who they are. */
  private readonly atTheDoor: Socket[] = [];
  /** Those that are being told that there are too many. */
  private readonly turnedAway = new Set<Socket>();
  private readonly known = knownStatements();
  /** How many sessions of Postgres each organisation has, or is about to have. */
  private readonly sessions = new Map<string, number>();
  private readonly holders = new Map<Upstream, string>();
  private server: Server | null = null;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly keys: ApiKeyService,
    private readonly mirrors: Mirrors,
    private readonly queries: QueryService,
    private readonly guesses: GuessThrottle,
    private readonly limits: RequestLimits,
    private readonly plans: Plans,
  ) {
    const { sqlApiTls } = config;
    this.tls =
      sqlApiTls === null
        ? null
        : createSecureContext({
            cert: readFileSync(sqlApiTls.certificate),
            key: readFileSync(sqlApiTls.key),
            minVersion: 'TLSv1.2',
          });
  }

  /** @returns the port */
  async listen(): Promise<number> {
    const server = createServer((socket) => this.accept(socket));
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.config.sqlApiPort, this.config.host, resolve);
    });
    server.on('error', (error) => this.logger.error(error.message));
    return (server.address() as AddressInfo).port;
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.server?.close();
    for (const connection of this.open) connection.refuse('57P01', 'terminating connection: the server is stopping');
    for (const socket of this.atTheDoor.splice(0)) socket.destroy();
    await new Promise((resolve) => setImmediate(resolve));
  }

  admit(user: string, address: string): void {
    this.guesses.refuseShutOut(() => ({ address, keyId: keyIdOf(user) }));
  }

  guessed(user: string, address: string): Promise<void> {
    return this.guesses.wrong({ address, keyId: keyIdOf(user) });
  }

  verifierOf(user: string): Promise<string | null | undefined> {
    return keyIdOf(user) === null ? Promise.resolve(undefined) : this.keys.verifierOf(user);
  }

  async databaseOf(user: string): Promise<string> {
    return (await this.keys.identityOfKey(user)).organizationSlug;
  }

  register(connection: SqlConnection): number {
    for (;;) {
      const id = randomInt(1, 2 ** 31 - 1);
      if (this.connections.has(id)) continue;
      this.connections.set(id, connection);
      return id;
    }
  }

  cancel(process: number, secret: Buffer): void {
    this.connections.get(process)?.cancel(secret);
  }

  proven(connection: SqlConnection): void {
    this.unproven.delete(connection);
    this.letIn();
  }

  get isSessionWanted(): boolean {
    return this.waiting.length > 0;
  }

  log(error: unknown): void {
    this.logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  host(user: string, send: SessionHost['send']): SessionHost {
    return {
      send,
      queries: this.queries,
      known: this.known,
      mostRows: this.config.sqlApiMaxRows,
      refresh: async () => {
        const identity = { ...(await this.keys.identityOfKey(user)), door: 'sql' as const };
        enterOrganization(identity.organizationId);
        if (!can(identity, 'reports:create')) throw forbidden(identity, 'reports:create');
        await this.plans.require(identity, 'advanced_analytics');
        await this.limits.count(identity);
        return { identity, mirror: await this.mirrors.of(identity) };
      },
      open: (mirror, settings) => this.openSession(mirror, settings),
      close: (upstream) => this.closeSession(upstream),
      log: (error) => this.log(error),
    };
  }

  private accept(socket: Socket): void {
    socket.on('error', () => undefined);
    if (this.open.size + this.atTheDoor.length >= MOST_CONNECTIONS) {
      if (this.turnedAway.size >= MOST_UNPROVEN) return void socket.destroy();
      this.turnedAway.add(socket);
      socket.on('close', () => this.turnedAway.delete(socket));
      return void new SqlConnection(socket, this).turnAway('53300', 'sorry, too many clients already');
    }
    this.atTheDoor.push(socket);
    this.letIn();
  }

  /** Few prove who they are at a time; the others wait, unread, in the order in which they came. */
  private letIn(): void {
    while (this.unproven.size < MOST_UNPROVEN) {
      const socket = this.atTheDoor.shift();
      if (!socket) return;
      if (socket.destroyed) continue;
      const connection = new SqlConnection(socket, this);
      this.open.add(connection);
      this.unproven.add(connection);
      void inNewRequest(() => connection.run()).finally(() => {
        this.open.delete(connection);
        this.unproven.delete(connection);
        for (const [id, each] of this.connections) if (each === connection) this.connections.delete(id);
        this.letIn();
      });
    }
  }

  private async openSession(mirror: Mirror, settings: Readonly<Record<string, string>>): Promise<Upstream> {
    const { organizationId } = mirror.policy;
    await this.takePlace(organizationId);
    try {
      const upstream = await Upstream.open(mirror.target, settings);
      this.holders.set(upstream, organizationId);
      return upstream;
    } catch (error) {
      this.leave(organizationId);
      throw error;
    }
  }

  private closeSession(upstream: Upstream): void {
    upstream.end();
    const organizationId = this.holders.get(upstream);
    if (organizationId === undefined) return;
    this.holders.delete(upstream);
    this.leave(organizationId);
  }

  private isFull(organizationId: string): boolean {
    const all = [...this.sessions.values()].reduce((sum, each) => sum + each, 0);
    return all >= MOST_SESSIONS || (this.sessions.get(organizationId) ?? 0) >= MOST_SESSIONS_OF_ONE;
  }

  /** Sessions that only wait for their client's next statement are taken first. */
  private async takePlace(organizationId: string): Promise<void> {
    const latest = performance.now() + PATIENCE_MS;
    for (const each of this.open) if (this.isFull(organizationId)) each.yieldSession();
    while (this.isFull(organizationId)) await this.someoneLeaves(latest - performance.now());
    this.sessions.set(organizationId, (this.sessions.get(organizationId) ?? 0) + 1);
  }

  private leave(organizationId: string): void {
    const left = (this.sessions.get(organizationId) ?? 1) - 1;
    if (left > 0) this.sessions.set(organizationId, left);
    else this.sessions.delete(organizationId);
    // Each looks whether the place is for its organisation, in the order in which they came.
    for (const go of this.waiting.splice(0)) go();
  }

  private someoneLeaves(withinMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(
        () => {
          this.waiting.splice(this.waiting.indexOf(go), 1);
          reject(
            new SqlMistake({
              code: '53300',
              message: 'Too many clients run statements at the moment; try again.',
              hint: 'Clients that leave transactions open take the places of others: end them.',
            }),
          );
        },
        Math.max(0, withinMs),
      );
      this.waiting.push(go);
    });
  }
}
