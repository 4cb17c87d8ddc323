import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CubeModelDto } from '../metrics/model.dto.js';
import { askServer, type ServerOptions } from './server-client.js';

export interface ExportCubeOptions extends ServerOptions {
  /** Slug of the organisation, which the key must belong to. */
  readonly org: string;
  readonly out: string;
}

const DIALECTS = ['clickhouse', 'postgres'] as const;

/** Writes the organisation's live model as stock Cube files, one folder a dialect. */
export async function exportCube(options: ExportCubeOptions): Promise<void> {
  const me = JSON.parse(await askServer(options, '/api/me')) as { organization: { slug: string; name: string } };
  if (me.organization.slug !== options.org) {
    throw new Error(
      `TRIBUTARY_API_KEY belongs to the organisation ${me.organization.slug}; use a key of ${options.org}.`,
    );
  }
  const models: CubeModelDto[] = [];
  for (const dialect of DIALECTS) {
    const model = JSON.parse(await askServer(options, `/api/marketing/model/cube?dialect=${dialect}`)) as CubeModelDto;
    const folder = join(options.out, dialect);
    await mkdir(folder, { recursive: true });
    for (const { fileName, content } of model.files) await writeFile(join(folder, fileName), content);
    models.push(model);
  }
  await writeFile(join(options.out, 'README.md'), readme(me.organization.name, models));
  console.log(
    `Wrote ${models.reduce((sum, { files }) => sum + files.length, 0)} files and a README.md to ${options.out}.`,
  );
}

function readme(organization: string, models: readonly CubeModelDto[]): string {
  const gaps = models[0]?.left_out ?? [];
  return `# The Cube model of ${organization}

Exported by Tributary from the snapshot \`${models[0]?.snapshot ?? ''}\`. Change the definitions there, not these files.

| folder | engine |
| --- | --- |
| \`clickhouse/\` | ClickHouse, over \`unified_marketing_data\` |
| \`postgres/\` | Postgres, over \`tributary_engine.unified_marketing_data\` |

Put the files of one folder into the \`model/\` folder of a Cube project and point Cube at the same database, with a user
that may read the table:

\`\`\`sh
# ClickHouse
CUBEJS_DB_TYPE=clickhouse CUBEJS_DB_HOST=… CUBEJS_DB_NAME=… CUBEJS_DB_USER=… CUBEJS_DB_PASS=… npx cubejs-server
# Postgres: the table's owner; other users are bound by row level security
CUBEJS_DB_TYPE=postgres CUBEJS_DB_HOST=… CUBEJS_DB_NAME=… CUBEJS_DB_USER=… CUBEJS_DB_PASS=… npx cubejs-server
\`\`\`

An embedded ClickHouse can be opened by one process only: run Cube over a copy of the data, or set \`ANALYTICS_URL\` to a
ClickHouse server first.

- \`unified_marketing\` (not public) reads this organisation's rows only, and of replaced rows the latest.
- \`marketing\` has the metrics and dimensions. Measures that begin with \`_exact_\` are unrounded parts of others.
- What stock Cube does otherwise than Tributary: the order of rows, weeks (use the granularity \`calendar_week\`), and
  filters on numbers, which it compares as floats.
${gaps.length === 0 ? '' : `\nNot in these files:\n\n${gaps.map(({ key, reason }) => `- \`${key}\`: ${reason}`).join('\n')}\n`}`;
}
