import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { readClientMessage } from '../pgwire/client-messages.js';
import { FrameReader, type Frame } from '../pgwire/frames.js';
import { BodyReader } from '../pgwire/body.js';
import { decoyVerifier, readVerifier, ScramServer } from '../pgwire/scram.js';
import * as server from '../pgwire/server-messages.js';
import { negotiate, NEWEST_MINOR, readStartup, type StartupPacket } from '../pgwire/startup.js';
import { SqlMistake } from '../sql/mistake.js';
import { isAttributionModel } from '../compiler/model/relations.js';
import { MODEL_SETTING, SETTINGS } from '../sql/catalog/allowed.js';
import { MODEL_COLUMN } from '../sql/relation.js';
import { faultOf } from './fault-of.js';
import {
  IDLE_IN_TRANSACTION_MS,
  IDLE_MS,
  MOST_MESSAGE,
  PROVE_WITHIN_MS,
  READ_AHEAD,
  SESSION_IDLE_MS,
  STATEMENT_MS,
} from './limits.js';
import type { SessionHost } from './session-host.js';
import { SqlSession } from './session.js';

/** What a connection needs from the door. */
export interface Door {
  readonly tls: SecureContext | null;
  /** Secret of this process, for what is shown to those who are nobody. */
  readonly decoy: Buffer;
  /** Before a secret is looked at. @throws Problem 429 where too many wrong ones came from the address */
  admit(user: string, address: string): void;
  /** After a secret turned out to be wrong. */
  guessed(user: string, address: string): Promise<void>;
  verifierOf(user: string): Promise<string | null | undefined>;
  /** What a proven user works with. @throws Problem */
  host(user: string, send: SessionHost['send']): SessionHost;
  /** The slug of the user's organisation. */
  databaseOf(user: string): Promise<string>;
  register(connection: SqlConnection): number;
  cancel(process: number, secret: Buffer): void;
  proven(connection: SqlConnection): void;
  /** Whether someone waits for a session of Postgres. */
  readonly isSessionWanted: boolean;
  log(error: unknown): void;
}

/** One client, from its first byte on. */
export class SqlConnection {
  private readonly frames = new FrameReader(MOST_MESSAGE, { typed: false });
  private wake: (() => void) | null = null;
  private ended = false;
  private session: SqlSession | null = null;
  private secret = randomBytes(4);
  private busy = false;
  private isCorked = false;
  private readonly onData = (bytes: Buffer): void => {
    this.frames.push(bytes);
    if (this.frames.buffered > READ_AHEAD) this.socket.pause();
    this.signal();
  };
  private readonly onEnd = (): void => {
    this.ended = true;
    this.session?.end();
    this.signal();
  };

  constructor(
    private socket: Socket,
    private readonly door: Door,
  ) {
    this.listen(socket);
  }

  /** Runs until the client leaves. Never throws. */
  async run(): Promise<void> {
    const tooLate = setTimeout(() => this.refuse('08006', 'You took too long to say who you are.'), PROVE_WITHIN_MS);
    try {
      const start = await this.startup();
      const user = start && (await this.prove(start));
      clearTimeout(tooLate);
      if (!start || user === null) return;
      this.door.proven(this);
      await this.serve(user, start);
    } catch (error) {
      if (!this.ended) {
        const { unexpected, ...fault } = faultOf(error);
        if (unexpected) this.door.log(error);
        this.write(server.errorResponse({ ...fault, severity: 'FATAL' }));
      }
    } finally {
      clearTimeout(tooLate);
      this.session?.end();
      this.socket.end();
      this.socket.destroySoon();
    }
  }

  /** Hears the client out up to its start, and tells it why it can't come in. Never throws. */
  async turnAway(code: string, why: string): Promise<void> {
    const tooLate = setTimeout(() => this.socket.destroy(), PROVE_WITHIN_MS);
    try {
      await this.startup();
      this.refuse(code, why);
    } catch {
      this.socket.destroy();
    } finally {
      clearTimeout(tooLate);
    }
  }

  /** Stops what runs, if the secret is right. */
  cancel(secret: Buffer): void {
    if (secret.length === this.secret.length && timingSafeEqual(secret, this.secret)) this.session?.cancel();
  }

  /** Gives its session of Postgres to others, if it has one and does nothing with it. */
  yieldSession(): boolean {
    if (this.busy || !this.session?.couldGiveBack) return false;
    this.session.giveBack();
    return true;
  }

  /** Tells the client why it has to go. */
  refuse(code: string, why: string): void {
    this.write(server.errorResponse({ severity: 'FATAL', code, message: why }));
    this.ended = true;
    this.session?.end();
    this.socket.destroySoon();
    this.signal();
  }

  private listen(socket: Socket): void {
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 60_000);
    socket.on('data', this.onData);
    socket.on('error', this.onEnd);
    socket.on('close', this.onEnd);
    socket.on('end', this.onEnd);
  }

  private async startup(): Promise<Extract<StartupPacket, { kind: 'start' }> | null> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const frame = await this.next();
      if (!frame) return null;
      const packet = readStartup(frame.body);
      switch (packet.kind) {
        case 'tls':
          if (!this.door.tls || this.socket instanceof TLSSocket) this.socket.write('N');
          else await this.secure(this.door.tls);
          break;
        case 'gss':
          this.socket.write('N');
          break;
        case 'cancel':
          this.door.cancel(packet.process, packet.secret);
          return null;
        case 'unsupported':
          this.refuse('0A000', `unsupported frontend protocol ${packet.version}: server supports 3.0 to 3.2`);
          return null;
        case 'start':
          this.frames.beginSession();
          return packet;
        default:
          packet satisfies never;
      }
    }
    return null;
  }

  /** What came in the clear before TLS was there could be anyone's: then the connection ends. */
  private async secure(context: SecureContext): Promise<void> {
    if (this.frames.buffered > 0)
      throw new SqlMistake({ code: '08P01', message: 'received unencrypted data after SSL request' });
    const plain = this.socket;
    for (const [event, listener] of [
      ['data', this.onData],
      ['error', this.onEnd],
      ['close', this.onEnd],
      ['end', this.onEnd],
    ] as const)
      plain.off(event, listener);
    plain.on('error', () => undefined);
    plain.write('S');
    this.socket = new TLSSocket(plain, { isServer: true, secureContext: context });
    this.listen(this.socket);
  }

  /** @returns the user, once the secret is proven; null when it isn't */
  private async prove({
    minor,
    unknown,
    parameters,
  }: Extract<StartupPacket, { kind: 'start' }>): Promise<string | null> {
    const user = parameters.get('user') ?? '';
    if (minor > NEWEST_MINOR || unknown.length > 0) this.write(negotiate(Math.min(minor, NEWEST_MINOR), unknown));
    if (minor >= 2) this.secret = randomBytes(32);
    this.door.admit(user, this.address);
    const kept = await this.door.verifierOf(user);
    if (kept === null) {
      this.write(
        server.errorResponse({
          severity: 'FATAL',
          code: '28000',
          message: 'This key is older than the SQL API and can’t be used here.',
          hint: 'Rotate it, or make a new one: the new key opens every door.',
        }),
      );
      return null;
    }
    const verifier = kept === undefined ? null : readVerifier(kept);
    const scram = new ScramServer(verifier ?? decoyVerifier(user, this.door.decoy));
    this.write(server.authenticationSasl());
    const initial = await this.password();
    if (initial === null) return null;
    const reader = new BodyReader(initial);
    if (reader.text() !== 'SCRAM-SHA-256') return this.wrongPassword(user);
    const length = reader.int32();
    const challenge = scram.first(reader.bytes(Math.max(0, length)).toString('utf8'));
    if (challenge === null) return this.wrongPassword(user);
    this.write(server.authenticationContinue(challenge));
    const answer = await this.password();
    if (answer === null) return null;
    const signature = scram.final(answer.toString('utf8'));
    if (signature === null || verifier === null) return this.wrongPassword(user);
    const database = parameters.get('database') ?? user;
    const own = await this.door.databaseOf(user);
    if (database !== own && database !== user) {
      this.write(
        server.errorResponse({
          severity: 'FATAL',
          code: '3D000',
          message: `database "${database}" does not exist`,
          hint: `This key belongs to "${own}".`,
        }),
      );
      return null;
    }
    this.write(server.authenticationFinal(signature));
    return user;
  }

  private async wrongPassword(user: string): Promise<null> {
    await Promise.all([this.door.guessed(user, this.address), sleep(250)]);
    this.write(
      server.errorResponse({
        severity: 'FATAL',
        code: '28P01',
        message: `password authentication failed for user "${user}"`,
        hint: 'The user is the <id> of an API key trb_<id>_<secret>, the password its <secret>.',
      }),
    );
    return null;
  }

  private get address(): string {
    return this.socket.remoteAddress ?? '';
  }

  private async password(): Promise<Buffer | null> {
    const frame = await this.next();
    if (!frame) return null;
    const said = readClientMessage(frame);
    if (said.kind !== 'password') throw new SqlMistake({ code: '08P01', message: 'A password was expected.' });
    return said.body;
  }

  private async serve(user: string, { parameters }: Extract<StartupPacket, { kind: 'start' }>): Promise<void> {
    const host = this.door.host(user, (bytes) => this.send(bytes));
    const session = new SqlSession(host, startSettings(parameters));
    this.session = session;
    this.write(server.authenticationOk());
    this.busy = true;
    const known = await session.begin().finally(() => (this.busy = false));
    if (this.door.isSessionWanted) session.giveBack();
    for (const [name, value] of known)
      this.write(server.parameterStatus(name, REPLACED[name] ?? (name === 'session_authorization' ? user : value)));
    this.write(server.backendKeyData(this.door.register(this), this.secret));
    this.write(server.readyForQuery('I'));
    const giveBack = setInterval(() => {
      if (!this.busy) session.giveBack();
    }, SESSION_IDLE_MS);
    try {
      await this.talk(session);
    } finally {
      clearInterval(giveBack);
    }
  }

  private async talk(session: SqlSession): Promise<void> {
    for (;;) {
      const patience = this.patience(session);
      const frame = await this.next();
      clearTimeout(patience);
      if (!frame) return;
      const said = readClientMessage(frame);
      if (said.kind === 'terminate') return;
      const late = setTimeout(() => session.cancel(), STATEMENT_MS);
      this.busy = true;
      try {
        await session.handle(said);
      } finally {
        this.busy = false;
        clearTimeout(late);
      }
      if (this.door.isSessionWanted) session.giveBack();
    }
  }

  /** Ends the connection of a client that says nothing for longer than it has set, or than anyone may. */
  private patience({ state, timeouts }: SqlSession): NodeJS.Timeout {
    const within = (set: number, most: number): number => (set > 0 ? Math.min(set, most) : most);
    return state === 'I'
      ? setTimeout(
          () => this.refuse('57P05', 'terminating connection due to idle-session timeout'),
          within(timeouts.idleMs, IDLE_MS),
        )
      : setTimeout(
          () => this.refuse('25P03', 'terminating connection due to idle-in-transaction timeout'),
          within(timeouts.idleInTransactionMs, IDLE_IN_TRANSACTION_MS),
        );
  }

  private write(bytes: Buffer): void {
    if (!this.socket.destroyed && this.socket.writable) this.socket.write(bytes);
  }

  private send(bytes: Buffer): Promise<void> | undefined {
    if (this.ended || !this.socket.writable) return undefined;
    const { socket } = this;
    // What is said in one go leaves in one piece.
    if (!this.isCorked) {
      this.isCorked = true;
      socket.cork();
      process.nextTick(() => {
        this.isCorked = false;
        socket.uncork();
      });
    }
    if (socket.write(bytes)) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      socket.on('drain', done);
      socket.on('close', done);
    });
  }

  private async next(): Promise<Frame | null> {
    for (;;) {
      if (this.ended) return null;
      const frame = this.frames.next();
      if (frame) return frame;
      if (this.socket.isPaused()) this.socket.resume();
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  private signal(): void {
    const { wake } = this;
    this.wake = null;
    wake?.();
  }
}

const REPLACED: Readonly<Record<string, string>> = {
  is_superuser: 'off',
  in_hot_standby: 'off',
  default_transaction_read_only: 'on',
};

/** Settings that a client starts with: parameters of their own, and `options` as psql sends them. */
function startSettings(parameters: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  const add = (name: string, value: string): void => {
    const key = name.toLowerCase().replaceAll('-', '_');
    if (key === MODEL_COLUMN && isAttributionModel(value)) settings.set(MODEL_SETTING, value);
    if (SETTINGS.has(key) && key !== 'client_encoding' && value !== '') settings.set(key, value);
  };
  for (const [name, value] of parameters) add(name, value);
  for (const [, name = '', value = ''] of (parameters.get('options') ?? '').matchAll(
    /(?:-c\s*|--)([\w-]+)=((?:\\.|\S)*)/g,
  ))
    add(name, value.replace(/\\(.)/g, '$1'));
  return settings;
}
