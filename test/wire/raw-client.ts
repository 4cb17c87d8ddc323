import { connect as connectSocket, type Socket } from 'node:net';
import { BodyReader, cstring, int32 } from '../../src/pgwire/body.js';
import * as said from '../../src/pgwire/client-messages.js';
import { FrameReader, type Frame } from '../../src/pgwire/frames.js';
import { ScramClient } from '../../src/pgwire/scram.js';
import { readDataRow, readFault } from '../../src/pgwire/server-messages.js';
import type { TestServer } from '../support/server.js';
import { DATABASE, PASSWORD, USER_NAME } from './clients.js';

/** A client that says what it wants, message by message. */
export class RawClient {
  private readonly frames = new FrameReader(1 << 24, { typed: true });
  private wake = (): void => undefined;
  isClosed = false;
  process = 0;
  secret = Buffer.alloc(0);

  constructor(readonly socket: Socket) {
    const changed = (): void => this.wake();
    socket.on('data', (bytes: Buffer) => (this.frames.push(bytes), changed()));
    socket.on('error', () => undefined);
    socket.on('close', () => ((this.isClosed = true), changed()));
  }

  static open({ sqlPort }: TestServer): Promise<RawClient> {
    return new Promise((resolve) => {
      const socket = connectSocket(sqlPort, '127.0.0.1', () => resolve(new RawClient(socket)));
    });
  }

  /** @returns null when the server has closed the connection */
  async next(): Promise<Frame | null> {
    for (;;) {
      const frame = this.frames.next();
      if (frame) return frame;
      if (this.isClosed) return null;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  async until(type: string): Promise<Frame[]> {
    const all: Frame[] = [];
    for (;;) {
      const frame = await this.next();
      if (!frame) throw new Error(`Closed before ${type}: ${all.map((each) => each.type).join('')}`);
      all.push(frame);
      if (frame.type === type) return all;
    }
  }

  /** Proves who it is, up to ReadyForQuery. @returns what the server said before it asked for the secret */
  async start(minor: number, options: Readonly<Record<string, string>> = {}): Promise<Frame[]> {
    const fields = Object.entries({ user: USER_NAME, database: DATABASE, ...options });
    const body = Buffer.concat([
      int32((3 << 16) | minor),
      ...fields.flatMap(([name, value]) => [cstring(name), cstring(value)]),
      Buffer.from([0]),
    ]);
    this.socket.write(Buffer.concat([int32(body.length + 4), body]));
    const before = await this.until('R');
    const scram = new ScramClient(PASSWORD);
    this.socket.write(said.saslInitial(scram.first()));
    const [challenge] = await this.until('R');
    this.socket.write(said.saslResponse(scram.final((challenge as Frame).body.subarray(4).toString('utf8'))));
    for (const { type, body: content } of await this.until('Z'))
      if (type === 'K') {
        const reader = new BodyReader(content);
        this.process = reader.int32();
        this.secret = Buffer.from(reader.rest);
      }
    return before.slice(0, -1);
  }

  /** How the columns of the last answer were described, as bytes. */
  described = '';

  async ask(sql: string): Promise<(string | null)[][]> {
    this.socket.write(said.query(sql));
    const frames = await this.until('Z');
    const fault = frames.find(({ type }) => type === 'E');
    if (fault) throw new Error(readFault(fault.body).C);
    this.described = frames.find(({ type }) => type === 'T')?.body.toString('latin1') ?? '';
    return frames.filter(({ type }) => type === 'D').map(({ body }) => readDataRow(body));
  }
}
