import type { Command } from 'commander';
import { text } from 'node:stream/consumers';
import { ownWork } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { parseConfig } from '../config/config.js';
import { keyRingOf } from '../secrets/key-ring.js';
import { INSTALLATION, checkSecrets, rotateSecrets, secretsFault } from '../secrets/secret-check.js';
import { SecretStore } from '../secrets/secret-store.js';
import type { SecretListDto } from '../secrets/secrets.dto.js';
import { askServer, type ServerOptions } from './server-client.js';
import { inSystemOfRecord } from './system-of-record.js';

type ServerOption = readonly [flags: string, description: string, fallback: string];

/** `tributary secrets …` */
export function registerSecrets(program: Command, server: ServerOption, keyHelp: string): void {
  const secrets = program.command('secrets').description('secrets of organisations, sealed in the system of record');
  const onServer = (command: string, about: string): Command =>
    secrets
      .command(command)
      .description(about)
      .option(...server)
      .addHelpText('after', keyHelp);

  onServer('list', 'show the names of the organisation’s secrets').action(listSecrets);
  onServer('put <name>', 'keep a secret; its value is read from standard input').action(putSecret);
  onServer('remove <name>', 'take a secret away').action(removeSecret);
  secrets
    .command('check')
    .description('open every stored secret with SECRETS_KEY; on the machine of the installation')
    .action(checkStored);
  secrets
    .command('rotate')
    .description('seal every secret under the first key of SECRETS_KEY; on the machine of the installation')
    .action(rotateStored);
  secrets
    .command('forget <organization> <name>')
    .description('take away a secret whose key is lost, with - one of the installation itself; on its machine')
    .action(forgetStored);
}

async function listSecrets(options: ServerOptions): Promise<void> {
  const { data } = JSON.parse(await askServer(options, '/api/secrets')) as SecretListDto;
  for (const { name, key_id, updated_at } of data) console.log(`${name}  key ${key_id}  ${updated_at}`);
  if (data.length === 0) console.log('There is none.');
}

async function putSecret(name: string, options: ServerOptions): Promise<void> {
  const value = (await text(process.stdin)).replace(/\r?\n$/, '');
  if (value === '') throw new Error('Send the value on standard input; it must not stand in the command line.');
  await askServer(options, `/api/secrets/${encodeURIComponent(name)}`, {
    method: 'PUT',
    body: JSON.stringify({ value }),
    headers: { 'content-type': 'application/json' },
  });
  console.log(`Kept ${name}.`);
}

async function removeSecret(name: string, options: ServerOptions): Promise<void> {
  await askServer(options, `/api/secrets/${encodeURIComponent(name)}`, { method: 'DELETE' });
  console.log(`Removed ${name}.`);
}

async function checkStored(): Promise<void> {
  const keys = keyRingOf(parseConfig(process.env));
  const state = await inSystemOfRecord((database) => checkSecrets(database, keys));
  for (const [id, count] of state.byKey) console.log(`key ${id}: ${count} secrets${keyNote(id)}`);
  const fault = secretsFault(state, keys);
  if (fault !== null) throw new Error(fault);
  console.log(`All ${state.total} secrets open.`);

  function keyNote(id: string): string {
    if (id === keys[0]?.id) return ' (the first one)';
    return keys.some((key) => key.id === id) ? ' (rotate them before it is dropped)' : ' (not in SECRETS_KEY)';
  }
}

async function rotateStored(): Promise<void> {
  const keys = keyRingOf(parseConfig(process.env));
  const rotated = await inSystemOfRecord((database) => rotateSecrets(database, keys));
  console.log(`Sealed ${rotated} secrets under the key ${keys[0]?.id ?? ''}. Older keys can be dropped.`);
}

async function forgetStored(slug: string, name: string): Promise<void> {
  await inSystemOfRecord(async (database) => {
    if (slug === INSTALLATION) {
      const [, count] = await database.query<[unknown[], number]>('DELETE FROM installation_keys WHERE name = $1', [
        name,
      ]);
      if (count === 0) throw new Error(`The installation has no key ${name}.`);
      console.log(`Forgot ${name}; links that it signed open nothing any more.`);
      return;
    }
    const [organization] = await database.query<{ id: string }[]>('SELECT id FROM organizations WHERE slug = $1', [
      slug,
    ]);
    if (!organization) throw new Error(`There is no organisation ${slug}.`);
    const store = new SecretStore(database, new AuditTrail(database), { secretKeys: [] });
    const removed = await store.remove(organization.id, name, { actor: ownWork('command_line') });
    if (!removed) throw new Error(`${slug} has no secret ${name}.`);
    console.log(`Forgot ${name} of ${slug}.`);
  });
}
