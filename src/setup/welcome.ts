import { API_KEY_FORM, type AppConfig } from '../config/config.js';

export interface Welcome {
  /** `http://host:port` on which the server listens. */
  readonly base: string;
  /** On which the SQL API listens. */
  readonly sqlPort: number;
  readonly config: AppConfig;
  readonly organization: { readonly name: string; readonly slug: string };
  /** The first administrator's key when it was made in this start; it is shown this once. */
  readonly newKey: string | null;
}

/** What a newcomer sees once the server is ready: a command for each door. */
export function welcome({ base, sqlPort, config, organization, newKey }: Welcome): string {
  const key = newKey ?? '$TRIBUTARY_API_KEY';
  const [, id = '<id>', secret = '<secret>'] = API_KEY_FORM.exec(key) ?? [];
  const lines = [
    '',
    `Tributary serves ${organization.name} (${organization.slug}).`,
    ...(newKey
      ? ['', `  Admin API key: ${newKey}`, '  It is shown this once; keep it.']
      : ['', '  Set TRIBUTARY_API_KEY to your API key for these commands.']),
    '',
    'Ask for numbers by name (REST):',
    `  curl -s ${base}/api/query -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\`,
    `    -d '{"metrics":["spend","revenue","roas"],"dimensions":["data_source"],"date_range":"last_month","totals":true}'`,
    '',
    'The same over GraphQL, typed by the organisation’s own model:',
    `  curl -s ${base}/graphql -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\`,
    `    -d '{"query":"{ marketing(dateRange: { name: LAST_MONTH }) { dataSource spend revenue roas } }"}'`,
    '',
    'The same for every tool that speaks Postgres (user and password are the parts of the key):',
    `  PGPASSWORD=${secret} psql -h ${config.host} -p ${sqlPort} -U ${id} ${organization.slug} -c 'SELECT data_source, MEASURE(spend), MEASURE(roas) FROM marketing GROUP BY 1'`,
    '',
    'Load an export of your own:',
    `  TRIBUTARY_API_KEY=${key} npx tributary import FILE.csv --preset meta_ads --server ${base}`,
    '',
    'Look around:',
    `  API reference   ${base}/api/docs`,
    `  GraphiQL        ${base}/graphiql`,
    `  Health          curl -s ${base}/health/ready`,
    `  Metrics         curl -s ${base}/metrics`,
    ...(config.smtpUrl ? [] : [`  Sent mail       ${config.dataDir}/outbox`]),
    '',
    'Press Ctrl-C to stop.',
    '',
  ];
  return lines.join('\n');
}
