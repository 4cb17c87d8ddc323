import type { RollupDto, RollupsDto } from '../rollups/rollups.dto.js';
import { askServer, type ServerOptions } from './server-client.js';

const PATH = '/api/marketing/rollups';
const JSON_BODY = { 'content-type': 'application/json' };

interface SetOptions extends ServerOptions {
  readonly dimensions: string;
  readonly grain: string;
  readonly timeZone?: string;
}

/** Prints the organisation's rollups, one a line; and what there would be by default. */
export async function listRollups(options: ServerOptions): Promise<void> {
  const { data, default_from_rows: from, default_is_off: isOff, organization_rows: rows } = await read(options);
  for (const { name, grain, time_zone, state, ...each } of data) {
    const stale = each.stale_months > 0 ? `, ${each.stale_months} to fill` : '';
    console.log(
      [name, state, `${grain} ${time_zone}`, `${each.months} months${stale}`, `${each.rows} rows`].join('\t') +
        `\t${each.answers} answers`,
    );
  }
  if (data.length > 0) return;
  console.log(
    isOff || from === null
      ? 'No rollups; the default one is turned off.'
      : `No rollups. The default one is made from ${from} rows on; there are ${rows}.`,
  );
}

/** Prints all there is to know of one, as name=value. */
export async function rollupStatus(name: string, options: ServerOptions): Promise<void> {
  const found = (await read(options)).data.find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no rollup ${name}.`);
  print(found);
}

export async function refreshRollup(name: string, options: ServerOptions): Promise<void> {
  print(JSON.parse(await askServer(options, `${path(name)}/refresh`, { method: 'POST' })) as RollupDto);
}

export async function setRollup(name: string, options: SetOptions): Promise<void> {
  const { dimensions, grain, timeZone } = options;
  const list = dimensions.split(',').map((key) => key.trim());
  const body = JSON.stringify({
    dimensions: list.filter((key) => key !== ''),
    grain,
    ...(timeZone === undefined ? {} : { time_zone: timeZone }),
  });
  print(JSON.parse(await askServer(options, path(name), { method: 'PUT', body, headers: JSON_BODY })) as RollupDto);
}

export async function removeRollup(name: string, options: ServerOptions): Promise<void> {
  await askServer(options, path(name), { method: 'DELETE' });
  console.log(`${name}: gone.`);
}

const path = (name: string): string => `${PATH}/${encodeURIComponent(name)}`;
const read = async (options: ServerOptions): Promise<RollupsDto> =>
  JSON.parse(await askServer(options, PATH)) as RollupsDto;

function print(rollup: RollupDto): void {
  for (const [field, value] of Object.entries(rollup) as [string, unknown][])
    console.log(`${field}=${Array.isArray(value) ? value.join(',') : String(value ?? '')}`);
}
