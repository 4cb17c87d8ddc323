import { mkdir, open, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Multipart, MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { Problem, badRequest } from '../common/problem.js';
import { newId } from '../common/uuid.js';
import { MAX_MAPPING_BYTES } from './parsers.js';

/** Read at a time from a file that was set aside. */
const CHUNK_BYTES = 256 * 1024;

/** The bytes of a stream; when reading stops early, the rest stays in it, so that an answer can still be sent. */
export const bytesOf = (stream: Readable): AsyncIterable<Uint8Array> =>
  stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;

export interface Upload {
  readonly filename: string;
  /** As JSON came in; undefined when there was none. */
  readonly mapping: unknown;
  readonly stream: AsyncIterable<Uint8Array>;
}

/**
 * Takes a multipart request with the parts `file` and, before or after it, `mapping` apart. When the mapping comes first
 * the file is handed on as it arrives; otherwise it is set aside on disk until it is certain that no mapping follows.
 * @param folder for files that are set aside; they are gone when the import is over, or the process dead
 */
export async function withUpload<T>(
  request: FastifyRequest,
  folder: string,
  take: (upload: Upload) => Promise<T>,
): Promise<T> {
  if (!request.isMultipart()) {
    throw new Problem(415, 'unsupported_media_type', 'Send the file as multipart/form-data, in a part named "file".');
  }
  let mapping: unknown;
  let set: SetAside | null = null;
  let result: { readonly value: T } | null = null;
  try {
    for await (const part of parts(request)) {
      if (part.fieldname === 'mapping') {
        mapping = await readMapping(part);
      } else if (part.type === 'file' && part.fieldname === 'file' && !result && !set) {
        if (mapping === undefined) set = await setAside(part, folder);
        else result = { value: await take({ filename: part.filename, mapping, stream: bytesOf(part.file) }) };
      }
      if (part.type === 'file') part.file.resume();
    }
    if (result) return result.value;
    if (!set)
      throw badRequest(
        'file_missing',
        'There is no part named "file". Send it as multipart/form-data: curl -F file=@export.csv …',
      );
    return await take({ filename: set.filename, mapping, stream: set.read() });
  } catch (error) {
    // Whatever is still coming is read and thrown away; else the sender would never get to read the answer.
    request.raw.unpipe();
    request.raw.resume();
    throw error;
  } finally {
    await set?.close();
  }
}

async function* parts(request: FastifyRequest): AsyncGenerator<Multipart> {
  const iterator = request.parts()[Symbol.asyncIterator]();
  for (;;) {
    let next: IteratorResult<Multipart>;
    try {
      next = await iterator.next();
    } catch (error) {
      throw new Problem(400, 'upload_incomplete', `The multipart body can't be read: ${(error as Error).message}.`);
    }
    if (next.done) return;
    yield next.value;
  }
}

async function readMapping(part: Multipart): Promise<unknown> {
  let text: string;
  if (part.type === 'field') {
    if (typeof part.value === 'object') return part.value;
    text = String(part.value);
  } else {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of part.file) {
      length += (chunk as Buffer).length;
      if (length > MAX_MAPPING_BYTES) throw badRequest('invalid_mapping', 'The mapping is larger than 1 MiB.');
      chunks.push(chunk as Buffer);
    }
    text = Buffer.concat(chunks)
      .toString('utf8')
      .replace(/^\ufeff/, '');
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw badRequest('invalid_mapping', `The mapping is not JSON: ${(error as Error).message}.`);
  }
}

interface SetAside {
  readonly filename: string;
  read(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

async function setAside(part: MultipartFile, folder: string): Promise<SetAside> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, newId());
  const handle = await open(path, 'wx+', 0o600);
  try {
    // Without a name nothing remains of it, whatever happens to this process.
    await unlink(path);
    for await (const chunk of part.file) await handle.write(chunk as Buffer);
  } catch (error) {
    await handle.close();
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EIO') {
      throw new Problem(
        507,
        'no_space',
        'The server has no room to set the file aside. Send the part "mapping" (it may be {}) before the file, or free space.',
      );
    }
    throw new Problem(400, 'upload_incomplete', 'The upload ended early. Nothing of it was kept; send it again.');
  }
  return {
    filename: part.filename,
    read: () => contentOf(handle),
    close: () => handle.close(),
  };
}

/** The file from its start. (A stream over the handle would keep the handle from closing.) */
async function* contentOf(handle: FileHandle): AsyncGenerator<Uint8Array> {
  for (let position = 0; ;) {
    const { bytesRead, buffer } = await handle.read({ buffer: Buffer.allocUnsafe(CHUNK_BYTES), position });
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
