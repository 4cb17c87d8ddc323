import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';

/** A request of HTTP/1.1 with all its bytes. */
export interface Call {
  readonly path: string;
  readonly body?: string;
}

const HEAD_END = Buffer.from('\r\n\r\n', 'latin1');

/**
 * A connection that is kept and has one request under way at a time. It does as little as a client can, since it shares
 * the processors with the server that is measured: it looks for the status, and counts the bytes that the head announces.
 */
export class KeptConnection {
  private received: Buffer[] = [];
  private length = 0;
  /** Bytes of head and body; null before the end of the head. */
  private due: number | null = null;
  /** Where the body begins. */
  private from = 0;
  private isRight = false;
  private waiting: { resolve: (body: Buffer) => void; reject: (error: Error) => void } | null = null;

  private constructor(
    private readonly socket: Socket,
    private readonly host: string,
    private readonly key: string,
  ) {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.take(chunk));
    const lost = (): void => this.settle()?.reject(new Error('The connection was closed before the answer.'));
    socket.once('error', lost).once('close', lost);
  }

  static async open(base: string, key: string): Promise<KeptConnection> {
    const { hostname, port, host } = new URL(base);
    const socket = createConnection({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    return new KeptConnection(socket, host, key);
  }

  /** The bytes that `send` sends: put together once, however often they are sent. */
  bytesOf({ path, body }: Call): Buffer {
    const of =
      body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
    const head = `${body === undefined ? 'GET' : 'POST'} ${path} HTTP/1.1\r\nHost: ${this.host}\r\nAuthorization: Bearer ${this.key}\r\n`;
    return Buffer.from(`${head}${of}Connection: keep-alive\r\n\r\n${body ?? ''}`, 'utf8');
  }

  /** @returns the body of the answer. @throws Error for any status but 200 */
  send(bytes: Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.write(bytes);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private take(chunk: Buffer): void {
    this.received.push(chunk);
    this.length += chunk.length;
    if (this.due === null) this.readHead();
    if (this.due === null || this.length < this.due) return;
    const whole = Buffer.concat(this.received);
    const { due, from, isRight } = this;
    [this.received, this.length, this.due] = [[], 0, null];
    const body = whole.subarray(from);
    if (isRight && whole.length === due) this.settle()?.resolve(body);
    else this.settle()?.reject(new Error(whole.toString('utf8')));
  }

  /** Where the body begins, and how many bytes there will be. */
  private readHead(): void {
    const start = Buffer.concat(this.received);
    const end = start.indexOf(HEAD_END);
    if (end < 0) return;
    const head = start.toString('latin1', 0, end);
    this.isRight = head.startsWith('HTTP/1.1 200');
    this.from = end + HEAD_END.length;
    this.due = this.from + Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
  }

  private settle(): typeof this.waiting {
    const { waiting } = this;
    this.waiting = null;
    return waiting;
  }
}
