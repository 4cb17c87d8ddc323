/** The packets before a session begins. */
import { BodyReader, cstring, int32, message } from './body.js';
import { ProtocolViolation } from './frames.js';

export type StartupPacket =
  | { readonly kind: 'tls' }
  | { readonly kind: 'gss' }
  | { readonly kind: 'cancel'; readonly process: number; readonly secret: Buffer }
  | {
      readonly kind: 'start';
      readonly minor: number;
      /** Options of the protocol (`_pq_.…`) that are not known here. */
      readonly unknown: readonly string[];
      readonly parameters: ReadonlyMap<string, string>;
    }
  | { readonly kind: 'unsupported'; readonly version: string };

const CANCEL = 80877102;
const TLS = 80877103;
const GSS = 80877104;
/** The newest minor version of protocol 3 spoken here; it has cancel keys of up to 256 bytes. */
export const NEWEST_MINOR = 2;

export function readStartup(body: Buffer): StartupPacket {
  const reader = new BodyReader(body);
  const code = reader.int32();
  if (code === TLS) return { kind: 'tls' };
  if (code === GSS) return { kind: 'gss' };
  if (code === CANCEL) return { kind: 'cancel', process: reader.int32(), secret: reader.rest };
  const [major, minor] = [code >>> 16, code & 0xffff];
  if (major !== 3) return { kind: 'unsupported', version: `${major}.${minor}` };
  const parameters = new Map<string, string>();
  const unknown: string[] = [];
  for (let name = reader.text(); name !== ''; name = reader.text()) {
    const value = reader.text();
    if (name.startsWith('_pq_.')) unknown.push(name);
    else parameters.set(name, value);
  }
  reader.end();
  if (parameters.size > 200) throw new ProtocolViolation('Too many parameters.');
  return { kind: 'start', minor, unknown, parameters };
}

/** Says which minor version is spoken instead, and which options are not known. */
export const negotiate = (minor: number, unknown: readonly string[]): Buffer =>
  message('v', int32((3 << 16) | minor), int32(unknown.length), ...unknown.map(cstring));

/** What a client sends to begin. */
export function startupPacket(parameters: Readonly<Record<string, string>>): Buffer {
  const fields = Object.entries(parameters).flatMap(([name, value]) => [cstring(name), cstring(value)]);
  const body = Buffer.concat([int32(3 << 16), ...fields, Buffer.from([0])]);
  return Buffer.concat([int32(body.length + 4), body]);
}

export const cancelPacket = (process: number, secret: Buffer): Buffer =>
  Buffer.concat([int32(12 + secret.length), int32(CANCEL), int32(process), secret]);
