import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { CubeQuery } from '../compiler/cube/compile.js';
import type { DialectName } from '../compiler/dialect/types.js';
import type { Snapshot } from '../compiler/model/types.js';
import type { Statement } from '../compiler/query/types.js';
import { packageRoot } from '../common/package-root.js';
import type { CompileSettings, RollupTableColumns, SqlReply, SqlRequest } from './compile-messages.js';

/** Above what {@link CompileSettings.mostMembers} models need; a thread that passes it ends and is replaced. */
const HEAP_MB = 768;

/** The built file; from the sources (in tests) the one that the last build made of them. */
const SCRIPT = ((): string => {
  const beside = fileURLToPath(new URL('./compile-worker.js', import.meta.url));
  return existsSync(beside) ? beside : join(packageRoot, 'dist/app/compile-worker.js');
})();

interface Waiting {
  readonly request: SqlRequest;
  readonly resolve: (reply: SqlReply) => void;
  readonly reject: (error: Error) => void;
}

/** The thread ended with requests unanswered. */
class ThreadEnded extends Error {}

/**
 * One thread that compiles models and writes SQL for them; see `compile-worker.ts`. One is enough: a compilation takes
 * some tens of milliseconds and lets others in between its phases. Started when first needed, replaced when it dies.
 */
export class CompileThread {
  private worker: Worker | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private closed = false;

  constructor(private readonly settings: CompileSettings) {}

  /** Starts the thread ahead of the first request. */
  warm(): void {
    this.running();
  }

  /** The statement for a query over the model. @throws Error, when the thread died twice or Cube refused */
  async sql(
    snapshot: Snapshot,
    dialect: DialectName,
    query: CubeQuery,
    rollup: RollupTableColumns | null = null,
  ): Promise<Statement> {
    try {
      return await this.ask(snapshot, dialect, query, rollup);
    } catch (error) {
      if (!(error instanceof ThreadEnded) || this.closed) throw error;
      return this.ask(snapshot, dialect, query, rollup);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.worker?.terminate();
  }

  private async ask(
    { hash, model }: Snapshot,
    dialect: DialectName,
    query: CubeQuery,
    rollup: RollupTableColumns | null,
  ): Promise<Statement> {
    let reply = await this.send({ hash, dialect, query, rollup, model: null });
    if ('needsModel' in reply) reply = await this.send({ hash, dialect, query, rollup, model });
    if ('statement' in reply) return reply.statement;
    if (!('failure' in reply)) throw new Error('The compiling thread asked for a model that it had.');
    const error = new Error(reply.failure.message);
    error.stack = reply.failure.stack;
    throw error;
  }

  private send(content: Omit<SqlRequest, 'id'>): Promise<SqlReply> {
    return new Promise((resolve, reject) => {
      const worker = this.running();
      const request = { id: ++this.lastId, ...content };
      this.waiting.set(request.id, { request, resolve, reject });
      // Only while somebody waits does the thread keep the process alive.
      worker.ref();
      worker.postMessage(request);
    });
  }

  private running(): Worker {
    if (this.closed) throw new Error('The compiling thread is closed.');
    if (this.worker) return this.worker;
    const worker = new Worker(SCRIPT, {
      workerData: this.settings,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    worker.unref();
    worker.on('message', (reply: SqlReply) => this.settle(worker, reply));
    // An uncaught error ends the thread, which is what `exit` tells; without a listener it would end the process.
    let reason = 'it was stopped';
    worker.on('error', (error) => (reason = error.message));
    worker.on('exit', () => this.lost(worker, reason));
    this.worker = worker;
    return worker;
  }

  private settle(worker: Worker, reply: SqlReply): void {
    const waiting = this.waiting.get(reply.id);
    this.waiting.delete(reply.id);
    if (this.waiting.size === 0) worker.unref();
    waiting?.resolve(reply);
  }

  private lost(worker: Worker, reason: string): void {
    if (this.worker === worker) this.worker = null;
    const lost = [...this.waiting.values()];
    this.waiting.clear();
    for (const { reject } of lost) reject(new ThreadEnded(`The compiling thread ended: ${reason}`));
  }
}
