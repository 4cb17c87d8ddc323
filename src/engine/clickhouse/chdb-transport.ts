import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { drainPending, Session, type ChdbQueryStream, type StreamChunk } from 'chdb';
import type { EngineValue } from '../engine.js';
import { queryCancelled } from '../engine-error.js';
import { lockDirectory, type DirectoryLock } from '../directory-lock.js';
import { engineThreads, Gate } from './gate.js';
import { batchesOf, parseRows } from './rows.js';
import { BASE_SETTINGS, type ClickHouseTransport, type StartedStatement, type StreamRequest } from './transport.js';

const FORMAT = 'JSONCompactEachRow';
/** Values as they are, with nothing in between. */
const RAW = 'RawBLOB';

/**
 * ClickHouse inside this process. Each running statement has a session (a native connection) of its own, taken from a
 * pool. Statements compute on native threads; only parsing and planning (about 4 ms) happen on the event loop, and
 * that is also what keeps the parameters of concurrent statements apart, which the engine itself does not.
 *
 * An engine binds one data directory per process, and only one process may have it open.
 */
export class ChdbTransport implements ClickHouseTransport {
  readonly exclusive = true;
  private readonly idle: Session[] = [];
  private readonly open = new Set<Session>();
  private readonly running = new Set<Promise<unknown>>();
  private readonly gate = new Gate(engineThreads());
  private closing = false;

  private constructor(
    private readonly directory: string,
    private readonly lock: DirectoryLock,
  ) {}

  /** @throws Problem `data_directory_in_use` when another process, or this one, has the directory open. */
  static start(path: string): ChdbTransport {
    const directory = resolve(path);
    mkdirSync(directory, { recursive: true });
    const lock = lockDirectory(directory);
    try {
      const transport = new ChdbTransport(directory, lock);
      transport.give(transport.take());
      return transport;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  async command(
    sql: string,
    stop?: { readonly tag: string; readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    const { tag = '', signal } = stop ?? {};
    if (signal?.aborted) throw queryCancelled();
    const kill = (): void => this.kill(tag);
    signal?.addEventListener('abort', kill, { once: true });
    try {
      await this.withSession((session) => {
        if (signal?.aborted) throw queryCancelled();
        return session.queryAsync(sql);
      });
    } finally {
      signal?.removeEventListener('abort', kill);
    }
  }

  async select(sql: string): Promise<readonly (readonly EngineValue[])[]> {
    const result = await this.withSession((session) => session.queryAsync(sql, { format: FORMAT }));
    return parseRows(result.text());
  }

  async insert(table: string, columns: readonly string[], lines: string | Buffer): Promise<void> {
    const values = typeof lines === 'string' ? Buffer.from(lines, 'utf8') : lines;
    await this.withSession((session) => session.insert({ table, columns, values, format: FORMAT }));
  }

  async stream(request: StreamRequest): Promise<StartedStatement> {
    const { session, stream } = this.begin(request, FORMAT);
    // Whichever of the two is iterated.
    const chunks = this.chunks(session, stream, request);
    return {
      batches: this.batches(chunks, request),
      lines: bytesOf(chunks),
      abandon: () => {
        stream.cancel();
        this.discard(session);
      },
    };
  }

  text(request: StreamRequest): AsyncIterable<Uint8Array> {
    const { session, stream } = this.begin(request, RAW);
    return bytesOf(this.chunks(session, stream, request));
  }

  private begin(request: StreamRequest, format: string): { session: Session; stream: ChdbQueryStream } {
    if (request.signal?.aborted) throw queryCancelled();
    const session = this.take();
    try {
      return { session, stream: session.queryStreamBind(request.sql(), request.params, { format }) };
    } catch (error) {
      this.discard(session);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.closing = true;
    while (this.running.size > 0) await Promise.allSettled([...this.running]);
    for (const session of this.open) session.close();
    this.open.clear();
    await drainPending();
    this.lock.release();
  }

  private async *batches(
    chunks: AsyncIterable<StreamChunk>,
    { signal }: StreamRequest,
  ): AsyncGenerator<readonly (readonly EngineValue[])[]> {
    for await (const chunk of chunks) {
      for (const batch of batchesOf(chunk.text())) {
        yield batch;
        await new Promise((turn) => setImmediate(turn));
        if (signal?.aborted) throw queryCancelled();
      }
    }
  }

  /** The engine's answer piece by piece; the statement and its session live until this ends. */
  private async *chunks(
    session: Session,
    stream: ChdbQueryStream,
    { signal, tag }: StreamRequest,
  ): AsyncGenerator<StreamChunk> {
    const pieces = stream[Symbol.asyncIterator]();
    let end = (): void => undefined;
    this.track(new Promise<void>((resolve) => (end = resolve)));
    const kill = (): void => this.kill(tag);
    signal?.addEventListener('abort', kill, { once: true });
    let clean = false;
    try {
      for (;;) {
        if (signal?.aborted) throw queryCancelled();
        const piece = await this.gate.run(() => pieces.next());
        if (piece.done) break;
        yield piece.value;
      }
      clean = true;
    } finally {
      signal?.removeEventListener('abort', kill);
      stream.cancel();
      if (clean) this.give(session);
      else this.discard(session);
      end();
    }
  }

  private kill(tag: string): void {
    // Should this fail, the statement ends by its max_execution_time.
    this.track(this.killing(tag).catch(() => undefined));
  }

  /** Not through the gate, since the statements that hold it are what is to be stopped; closing waits for these, too. */
  private async killing(tag: string): Promise<void> {
    const session = this.session();
    try {
      await session.queryAsync(`KILL QUERY WHERE position(query, '${tag}') > 0 AND query NOT ILIKE 'KILL%' ASYNC`);
    } finally {
      this.give(session);
    }
  }

  private async withSession<T>(job: (session: Session) => Promise<T>): Promise<T> {
    const session = this.take();
    const done = this.gate.run(() => job(session));
    this.track(done);
    try {
      const result = await done;
      this.give(session);
      return result;
    } catch (error) {
      this.discard(session);
      throw error;
    }
  }

  private track(job: Promise<unknown>): void {
    this.running.add(job);
    const forget = (): void => void this.running.delete(job);
    job.then(forget, forget);
  }

  private take(): Session {
    if (this.closing) throw new Error('The analytics engine is closed');
    return this.session();
  }

  private session(): Session {
    const session = this.idle.pop();
    if (session) return session;
    const fresh = new Session(this.directory);
    this.open.add(fresh);
    const settings = Object.entries(BASE_SETTINGS).map(([name, value]) => `${name} = '${value}'`);
    fresh.query(`SET ${settings.join(', ')}`);
    return fresh;
  }

  private give(session: Session): void {
    this.idle.push(session);
  }

  /** A session whose statement failed still holds it; closing the session lets go of it. */
  private discard(session: Session): void {
    this.open.delete(session);
    session.close();
  }
}

async function* bytesOf(chunks: AsyncIterable<StreamChunk>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield chunk.raw();
}
