import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { ChainCheck, type AuditEntry } from '../audit/audit-chain.js';
import type { AuditVerificationDto } from '../audit/audit.dto.js';
import { askServer, type ServerOptions } from './server-client.js';

export interface AuditVerifyOptions extends ServerOptions {
  /** An exported file to check instead of a server's trail. */
  readonly file?: string;
  /** `<seq>:<hash>` as an earlier check printed it. */
  readonly noted?: string;
}

/** Checks an audit trail, on a server or in a file; exits with 1 when it does not hold. */
export async function verifyAudit({ file, noted, server }: AuditVerifyOptions): Promise<void> {
  const [seq, hash] = noted?.split(':') ?? [];
  const result = file === undefined ? await onServer(server, seq, hash) : await inFile(file);
  if (result.fault) {
    console.error(`The trail does not hold at entry ${result.fault.seq}: ${result.fault.reason}`);
    process.exitCode = 1;
    return;
  }
  console.log(`${result.entries} entries, whole and unchanged. Note this elsewhere: ${result.seq}:${result.hash}`);
}

async function onServer(server: string, seq?: string, hash?: string): Promise<AuditVerificationDto> {
  const query = seq === undefined ? '' : `?${new URLSearchParams({ seq, hash: hash ?? '' }).toString()}`;
  return JSON.parse(await askServer({ server }, `/api/audit/verify${query}`)) as AuditVerificationDto;
}

/** A file may start anywhere in the chain, as an export by time does; from there on nothing may be missing. */
async function inFile(file: string): Promise<Pick<AuditVerificationDto, 'entries' | 'seq' | 'hash' | 'fault'>> {
  let check: ChainCheck | null = null;
  let entries = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    const entry = JSON.parse(line) as AuditEntry;
    check ??= new ChainCheck({ seq: entry.seq - 1, hash: entry.prev_hash });
    check.add(entry);
    entries++;
  }
  if (!check) throw new Error(`${file} holds no entry.`);
  return { entries, ...check.head, fault: check.fault };
}

/** Writes an organisation's audit trail to a file, or to standard output for `-`. */
export async function exportAudit(file: string, options: ServerOptions & { readonly format: string }): Promise<void> {
  const text = await askServer(options, `/api/audit/export?format=${encodeURIComponent(options.format)}`);
  if (file === '-') process.stdout.write(text);
  else await writeFile(file, text);
}
