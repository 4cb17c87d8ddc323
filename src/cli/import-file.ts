import { createReadStream, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SingleBar } from 'cli-progress';

export interface ImportFileOptions {
  readonly preset: string;
  readonly mapping?: string;
  readonly server: string;
}

interface ImportAnswer {
  readonly import_id: string;
  readonly read: number;
  readonly loaded: number;
  readonly replaced: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly rejects: string;
  readonly warnings?: readonly { readonly message: string }[];
}

/** Sends a file to a running server and shows how far it is. @throws Error with the server's reason */
export async function importFile(file: string, options: ImportFileOptions): Promise<void> {
  const key = process.env.TRIBUTARY_API_KEY;
  if (!key) throw new Error('Set TRIBUTARY_API_KEY to an API key that may import data.');
  const mapping = options.mapping ? await readFile(options.mapping, 'utf8') : null;
  const size = file === '-' ? null : statSync(file).size;
  const source = file === '-' ? process.stdin : createReadStream(file);
  const name = file === '-' ? 'stdin' : basename(file);

  const bar = new SingleBar({
    format: `${name} {bar} {percentage}% | {mega} of {total_mega} MB | {state}`,
    hideCursor: true,
    noTTYOutput: false,
    clearOnComplete: false,
  });
  const mega = (bytes: number): string => (bytes / 1e6).toFixed(1);
  if (size !== null && process.stderr.isTTY)
    bar.start(size, 0, { mega: '0.0', total_mega: mega(size), state: 'sending' });
  let sent = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sent += chunk.length;
      bar.update(sent, { mega: mega(sent), state: sent === size ? 'storing' : 'sending' });
      done(null, chunk);
    },
  });
  try {
    const answer = await post(options, key, name, mapping, source.pipe(counter));
    bar.update(sent, { mega: mega(sent), state: 'done' });
    bar.stop();
    console.log(
      `${answer.read} read = ${answer.loaded} loaded + ${answer.replaced} replaced + ${answer.unchanged} unchanged + ${answer.rejected} rejected`,
    );
    for (const warning of answer.warnings ?? []) console.log(`Warning: ${warning.message}`);
    if (answer.rejected > 0) console.log(`Why lines were rejected: GET ${options.server}${answer.rejects}`);
  } finally {
    bar.stop();
  }
}

async function post(
  options: ImportFileOptions,
  key: string,
  name: string,
  mapping: string | null,
  content: Readable,
): Promise<ImportAnswer> {
  const rows = options.preset === 'rows';
  const url = new URL(
    rows ? '/api/integrations/rows' : `/api/integrations/import?preset=${encodeURIComponent(options.preset)}`,
    options.server,
  );
  const boundary = `tributary-${randomUUID()}`;
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': rows ? 'application/x-ndjson' : `multipart/form-data; boundary=${boundary}`,
      accept: 'application/json',
    },
  });
  const answered = new Promise<{ status: number; text: string }>((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
      response.on('error', reject);
    });
  });
  const sending = pipeline(rows ? content : multipart(boundary, name, mapping, content), request);
  // The server may answer with a refusal before the whole file is sent; that answer counts, not the broken pipe.
  const { status, text } = await Promise.race([
    answered,
    sending.then(
      () => answered,
      () => answered,
    ),
  ]);
  const body = JSON.parse(text || '{}') as ImportAnswer & { detail?: string };
  if (status !== 201) throw new Error(body.detail ?? `The server answered with status ${status}.`);
  return body;
}

async function* multipart(
  boundary: string,
  name: string,
  mapping: string | null,
  content: Readable,
): AsyncGenerator<Buffer | string> {
  if (mapping !== null) {
    yield `--${boundary}\r\nContent-Disposition: form-data; name="mapping"\r\nContent-Type: application/json\r\n\r\n${mapping}\r\n`;
  }
  const filename = name.replaceAll(/["\r\n]/g, '_');
  yield `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\nContent-Type: application/octet-stream\r\n\r\n`;
  for await (const chunk of content) yield chunk as Buffer;
  yield `\r\n--${boundary}--\r\n`;
}
