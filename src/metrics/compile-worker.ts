/**
 * The thread that compiles models and writes SQL, so that neither ever stops the server's own thread. A compiled model
 * is full of closures and stays here; only queries, statements and, on demand, models pass the border.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { LRUCache } from 'lru-cache';
import { compileModel, type CompiledModel } from '../compiler/cube/compile.js';
import type { Model } from '../compiler/model/types.js';
import type { CompileSettings, SqlReply, SqlRequest } from './compile-messages.js';

const { base, typed, mostMembers } = workerData as CompileSettings;
/** Promises, so that many requests for a model that is being compiled wait for one compilation. */
const models = new LRUCache<string, Promise<CompiledModel>>({ maxSize: mostMembers });

function compile(key: string, model: Model, { dialect, rollup }: SqlRequest): Promise<CompiledModel> {
  const compiling = compileModel({ model, dialect, base, typed, rollup: rollup?.columns ?? null });
  // A model costs something even when it is empty.
  models.set(key, compiling, { size: Math.min(mostMembers, model.members.length + 20) });
  compiling.catch(() => models.delete(key));
  return compiling;
}

async function answer(request: SqlRequest): Promise<SqlReply> {
  const { id, hash, dialect, query, model, rollup } = request;
  try {
    const key = `${dialect}:${hash}:${rollup?.digest ?? ''}`;
    const known = models.get(key);
    if (!known && !model) return { id, needsModel: true };
    const compiled = await (known ?? compile(key, model as Model, request));
    return { id, statement: await compiled.toSql(query) };
  } catch (error) {
    const { message, stack = message } = error instanceof Error ? error : new Error(String(error));
    return { id, failure: { message, stack } };
  }
}

parentPort?.on('message', (request: SqlRequest) => {
  void answer(request).then((reply) => parentPort?.postMessage(reply));
});

// The first compilation of a process also loads and warms Cube's compiler; nobody should have to wait for that.
const settings = { currency: 'USD', time_zone: 'UTC', week_start: 1 };
compileModel({ model: { members: [], settings }, dialect: 'clickhouse', base, typed }).catch(() => undefined);
