import { createConnection, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { BodyReader, int32 } from '../pgwire/body.js';
import * as client from '../pgwire/client-messages.js';
import { FrameReader, type Frame } from '../pgwire/frames.js';
import { ScramClient } from '../pgwire/scram.js';
import { readDataRow, readFault, type Fault } from '../pgwire/server-messages.js';
import { cancelPacket, startupPacket } from '../pgwire/startup.js';
import { createHash } from 'node:crypto';
import { SqlMistake } from '../sql/mistake.js';
import { MOST_ROW } from './limits.js';

export interface UpstreamTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly tls: 'off' | 'on' | 'verified';
}

/** What Postgres refused. */
export class UpstreamFault extends Error {
  constructor(readonly fields: Readonly<Record<string, string>>) {
    super(fields.M ?? 'Unknown error.');
  }

  get fault(): Fault {
    const { C: code = 'XX000', M: message = '', D: detail, H: hint, P: position } = this.fields;
    return { code, message, detail, hint, ...(position === undefined ? {} : { position: Number(position) }) };
  }
}

/** Postgres answers a request to cancel by closing the connection. */
const CANCEL_WITHIN_MS = 5_000;

const hasEnded = (): SqlMistake =>
  new SqlMistake({
    code: '58000',
    message: 'The session of the database behind the SQL API has ended before the statement was answered.',
    hint: 'Ask again.',
  });

/** One session of the mirrors' Postgres, on the level of protocol messages, so that rows pass through as they are. */
export class Upstream {
  private readonly frames = new FrameReader(MOST_ROW, { typed: true });
  private wake: (() => void) | null = null;
  private failure: Error | null = null;
  private process = 0;
  private secret = Buffer.alloc(0);
  /** `S` messages: settings that the session reports. */
  readonly parameters = new Map<string, string>();
  onParameter: ((name: string, value: string) => void) | null = null;
  onNotice: ((body: Buffer) => void) | null = null;

  private constructor(
    private readonly socket: Socket,
    private readonly target: UpstreamTarget,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      this.frames.push(bytes);
      if (this.frames.buffered > 4 * 1024 * 1024) socket.pause();
      this.signal();
    });
    const ended = (): void => {
      this.failure ??= hasEnded();
      this.signal();
    };
    socket.on('error', ended);
    socket.on('close', ended);
  }

  /** @param settings that it starts with, and that RESET goes back to */
  static async open(target: UpstreamTarget, settings: Readonly<Record<string, string>>): Promise<Upstream> {
    const upstream = new Upstream(await openSocket(target), target);
    try {
      await upstream.begin(settings);
      return upstream;
    } catch (error) {
      upstream.destroy();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.failure === null;
  }

  /** @returns false when the socket would rather have a pause */
  write(...messages: readonly Buffer[]): boolean {
    return this.socket.write(messages.length === 1 ? (messages[0] as Buffer) : Buffer.concat(messages));
  }

  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.socket.writableNeedDrain || this.failure) return resolve();
      const done = (): void => {
        this.socket.off('drain', done);
        this.socket.off('close', done);
        resolve();
      };
      this.socket.on('drain', done);
      this.socket.on('close', done);
    });
  }

  /** The next message that is there already; null when there is none. */
  take(): Frame | null {
    for (;;) {
      const frame = this.frame();
      if (frame === null) {
        if (this.socket.isPaused()) this.socket.resume();
        return null;
      }
      if (frame.type === 'S') {
        const reader = new BodyReader(frame.body);
        const [name, value] = [reader.text(), reader.text()];
        this.parameters.set(name, value);
        this.onParameter?.(name, value);
      } else if (frame.type === 'N') this.onNotice?.(frame.body);
      else if (frame.type === 'E' && readFault(frame.body).V === 'FATAL') {
        this.failure ??= this.process === 0 ? new UpstreamFault(readFault(frame.body)) : hasEnded();
        throw this.failure;
      } else if (frame.type !== 'A') return frame;
    }
  }

  /** @throws SqlMistake 54000 for a message that is too large to be kept: then the session is of no more use */
  private frame(): Frame | null {
    try {
      return this.frames.next();
    } catch {
      this.failure = new SqlMistake({
        code: '54000',
        message: `A row of the answer is larger than ${MOST_ROW / 1024 ** 2} MB.`,
        hint: 'Ask for shorter texts, or for more rows of less.',
      });
      this.destroy();
      throw this.failure;
    }
  }

  async next(): Promise<Frame> {
    for (;;) {
      const frame = this.take();
      if (frame) return frame;
      if (this.failure) throw this.failure;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** Runs statements of our own and answers the last one's rows. @throws UpstreamFault */
  async run(sql: string): Promise<(string | null)[][]> {
    this.write(client.query(sql));
    return this.untilReady();
  }

  /** Reads up to ReadyForQuery. @throws UpstreamFault */
  async untilReady(): Promise<(string | null)[][]> {
    let rows: (string | null)[][] = [];
    let fault: UpstreamFault | null = null;
    for (;;) {
      const { type, body } = await this.next();
      if (type === 'T') rows = [];
      if (type === 'D') rows.push(readDataRow(body));
      if (type === 'E') fault ??= new UpstreamFault(readFault(body));
      if (type === 'G') this.write(client.copyFail('not expected'));
      if (type === 'Z') {
        if (fault) throw fault;
        return rows;
      }
    }
  }

  /**
   * Sends messages of the extended protocol, and reads up to the first answer of one of some types.
   * @param until those types, a letter each
   * @returns all answers up to that one
   * @throws UpstreamFault
   */
  async exchange(messages: readonly Buffer[], until: string): Promise<readonly Frame[]> {
    this.write(...messages, client.flush());
    const frames: Frame[] = [];
    for (;;) {
      const frame = await this.next();
      if (frame.type === 'E') throw await this.recover(frame.body);
      frames.push(frame);
      if (until.includes(frame.type)) return frames;
    }
  }

  /** After an error Postgres passes over all messages up to a Sync. @returns the error */
  async recover(body: Buffer): Promise<UpstreamFault> {
    this.write(client.sync());
    await this.untilReady().catch(() => undefined);
    return new UpstreamFault(readFault(body));
  }

  /** Fills a table by COPY. @param chunks text as COPY reads it */
  async copyIn(sql: string, chunks: AsyncIterable<Buffer>): Promise<void> {
    this.write(client.query(sql));
    for (;;) {
      const { type, body } = await this.next();
      if (type === 'G') break;
      if (type === 'E') {
        const fault = new UpstreamFault(readFault(body));
        await this.untilReady();
        throw fault;
      }
    }
    try {
      for await (const chunk of chunks) {
        if (this.failure) throw this.failure;
        if (!this.write(client.copyData(chunk))) await this.drained();
      }
    } catch (error) {
      this.write(client.copyFail('stopped'));
      await this.untilReady().catch(() => undefined);
      throw error;
    }
    this.write(client.copyDone());
    await this.untilReady();
  }

  /** Stops whatever the session is running. */
  async cancel(): Promise<void> {
    const socket = await openSocket(this.target).catch(() => null);
    if (!socket) return;
    socket.on('error', () => undefined);
    socket.setTimeout(CANCEL_WITHIN_MS, () => socket.destroy());
    socket.end(cancelPacket(this.process, this.secret));
    await new Promise<void>((resolve) => socket.on('close', () => resolve()));
  }

  end(): void {
    if (this.failure) return;
    this.socket.end(client.terminate());
  }

  destroy(): void {
    this.socket.destroy();
  }

  private async begin(settings: Readonly<Record<string, string>>): Promise<void> {
    const { user, database, password } = this.target;
    this.write(
      startupPacket({
        user,
        database,
        application_name: 'tributary-sql',
        jit: 'off',
        ...settings,
        client_encoding: 'UTF8',
      }),
    );
    const scram = new ScramClient(password);
    for (;;) {
      const { type, body } = await this.next();
      if (type === 'E') throw new UpstreamFault(readFault(body));
      if (type === 'K') {
        this.process = body.readInt32BE();
        this.secret = Buffer.from(body.subarray(4));
      }
      if (type === 'Z') return;
      if (type !== 'R') continue;
      const reader = new BodyReader(body);
      const kind = reader.int32();
      if (kind === 10) this.write(client.saslInitial(scram.first()));
      else if (kind === 11) this.write(client.saslResponse(scram.final(reader.rest.toString('utf8'))));
      else if (kind === 12) {
        if (!scram.accepts(reader.rest.toString('utf8'))) throw new Error('The server does not know the password.');
      } else if (kind === 5) {
        const md5 = (data: string | Buffer): string => createHash('md5').update(data).digest('hex');
        const inner = Buffer.concat([Buffer.from(md5(password + user)), reader.bytes(4)]);
        this.write(passwordMessage(`md5${md5(inner)}`));
      } else if (kind !== 0) throw new Error('The server asks for a way to log in that is not supported.');
    }
  }

  private signal(): void {
    const { wake } = this;
    this.wake = null;
    wake?.();
  }
}

const passwordMessage = (text: string): Buffer => client.saslResponse(`${text}\0`);

async function openSocket({ host, port, tls }: UpstreamTarget): Promise<Socket> {
  const socket = createConnection({ host, port });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  if (tls === 'off') return socket;
  socket.write(Buffer.concat([int32(8), int32(80877103)]));
  const answer = await new Promise<string>((resolve, reject) => {
    socket.once('data', (bytes: Buffer) => resolve(bytes.toString('latin1')));
    socket.once('error', reject);
  });
  if (answer !== 'S') throw new Error('The database server does not speak TLS.');
  const secure = connectTls({ socket, servername: host, rejectUnauthorized: tls === 'verified' });
  await new Promise<void>((resolve, reject) => {
    secure.once('secureConnect', resolve);
    secure.once('error', reject);
  });
  return secure;
}
