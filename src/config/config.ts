import { resolve } from 'node:path';
import type { TokenSettings } from '../access/token-verifier.js';
import { parseTokenSettings } from './token-settings.js';
import { parseLimits, type LimitSettings } from './limit-settings.js';
import { parseSecretKeys } from './secret-keys.js';
import type { SecretKey } from '../secrets/sealed.js';

/** Injection token of {@link AppConfig}. */
export const APP_CONFIG = Symbol('APP_CONFIG');

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** The environment, parsed once at start-up. Nothing else reads `process.env`. */
export interface AppConfig {
  readonly host: string;
  readonly port: number;
  readonly sqlApiPort: number;
  /** Rows that one relation of a statement of the SQL API may come to. */
  readonly sqlApiMaxRows: number;
  /** Files in PEM with which the SQL API speaks TLS; null for plain connections only. */
  readonly sqlApiTls: { readonly certificate: string; readonly key: string } | null;
  /** Absolute path. */
  readonly dataDir: string;
  /** `postgres://…` of the system of record; null = embedded. */
  readonly databaseUrl: string | null;
  /** `chdb:PATH`, `clickhouse://…`, `clickhouses://…` or `postgres://…`. */
  readonly analyticsUrl: string;
  /** Memory that one query may take in ClickHouse; null = by machine or server. */
  readonly queryMemoryBytes: number | null;
  readonly redisUrl: string | null;
  readonly smtpUrl: string | null;
  /** Whether organisations may name mail hosts in private networks, and on any port. */
  readonly privateMailHosts: boolean;
  readonly mailFrom: string;
  /** Base of links in mails, without a trailing slash. */
  readonly publicUrl: string;
  readonly adminApiKey: string | null;
  readonly sampleData: boolean;
  /** Whether this process runs jobs and looks through the ledger; false where workers do it. */
  readonly works: boolean;
  /** Rows from which on an organisation has the default rollup; null = by engine, `off` = never. */
  readonly rollupMinRows: number | 'off' | null;
  /** Tokens of an outside identity provider; null where only API keys are let in. */
  readonly tokens: TokenSettings | null;
  readonly limits: LimitSettings;
  /** Keys for stored secrets: the first seals, all open. Filled in with the embedded database's own (`keyRingOf`). */
  readonly secretKeys: readonly SecretKey[];
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** For the fault run only: where the process is to die, `<point>` or `<point>:stop`. */
  readonly faultPoint: string | null;
  /** Longest whole conversation with a mail host; how long a silent worker is believed to live follows from it. */
  readonly mailSeconds: number;
  /** Seconds over which reports that are due at the same time are spread. */
  readonly scheduleSpreadSeconds: number;
  /** What printing reports may take of the machine. */
  readonly rendering: {
    readonly browsers: number;
    readonly timeoutMs: number;
    readonly memoryBytes: number;
    readonly queue: number;
  };
}

/** Every bad setting at once, by name; never a value, since values hold secrets. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`Bad settings in the environment:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Form of an API key: `trb_<id>_<secret>`. */
export const API_KEY_FORM = /^trb_([A-Za-z0-9]{8,32})_([A-Za-z0-9_-]{16,128})$/;

/** The whole server, or only its work: jobs, planning and deliveries. */
export type ServeAs = 'server' | 'worker';

/**
 * Reads the environment.
 * @throws ConfigError naming every bad key
 */
export function parseConfig(env: Environment, as: ServeAs = 'server'): AppConfig {
  const problems: string[] = [];
  const text = (key: string): string | null => env[key]?.trim() || null;
  const port = (key: string, fallback: number): number => {
    const value = text(key);
    if (value === null) return fallback;
    if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
    problems.push(`${key} must be a port number from 0 to 65535`);
    return fallback;
  };
  const number = (key: string, fallback: number, least: number, most: number): number => {
    const value = text(key);
    if (value === null) return fallback;
    if (/^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most) return Number(value);
    problems.push(`${key} must be a whole number from ${least} to ${most}`);
    return fallback;
  };
  const url = (key: string, schemes: readonly string[]): string | null => {
    const value = text(key);
    if (value === null) return null;
    if (schemes.some((scheme) => value.startsWith(`${scheme}://`)) && URL.canParse(value)) return value;
    problems.push(`${key} must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`);
    return null;
  };
  const oneOf = <T extends string>(key: string, allowed: readonly T[], fallback: T): T => {
    const value = text(key);
    if (value === null) return fallback;
    if ((allowed as readonly string[]).includes(value)) return value as T;
    problems.push(`${key} must be one of ${allowed.join(', ')}`);
    return fallback;
  };

  const host = text('HOST') ?? '127.0.0.1';
  const httpPort = port('PORT', 3000);
  const dataDir = resolve(text('DATA_DIR') ?? '.data');
  const databaseUrl = url('DATABASE_URL', ['postgres', 'postgresql']);
  const analytics = text('ANALYTICS_URL');
  if (analytics !== null && !/^(chdb:.+|(clickhouses?|postgres|postgresql):\/\/.+)$/.test(analytics)) {
    problems.push('ANALYTICS_URL must be chdb:PATH, clickhouse://…, clickhouses://… or postgres://…');
  }
  const adminApiKey = text('ADMIN_API_KEY');
  if (adminApiKey !== null && !API_KEY_FORM.test(adminApiKey)) {
    problems.push(
      'ADMIN_API_KEY must have the form trb_<id>_<secret> (id: 8–32 letters and digits, secret: at least 16 letters, digits, - or _)',
    );
  }
  const mailFrom = text('MAIL_FROM') ?? 'Tributary <reports@localhost>';
  if (/[\r\n]/.test(mailFrom) || !mailFrom.includes('@')) problems.push('MAIL_FROM must be one e-mail address');

  const minRows = (): number | 'off' | null => {
    const value = text('ROLLUP_MIN_ROWS');
    if (value === null || value === 'off') return value;
    if (/^\d{1,12}$/.test(value)) return Number(value);
    problems.push('ROLLUP_MIN_ROWS must be a number of rows, or off');
    return null;
  };
  const isWorker = as === 'worker';
  const takesPart = oneOf('WORKERS', ['on', 'off'] as const, 'on') === 'on';
  if ((isWorker || !takesPart) && (databaseUrl === null || analytics === null || analytics.startsWith('chdb:')))
    problems.push(
      `${isWorker ? 'tributary worker' : 'WORKERS=off'} needs DATABASE_URL and ANALYTICS_URL of stores that workers can share with servers`,
    );
  if (isWorker && text('PUBLIC_URL') === null)
    problems.push('tributary worker needs PUBLIC_URL, the address of the servers: the links in its mails lead there');
  const certificate = text('SQL_API_TLS_CERT');
  const certificateKey = text('SQL_API_TLS_KEY');
  if ((certificate === null) !== (certificateKey === null))
    problems.push('SQL_API_TLS_CERT and SQL_API_TLS_KEY must both be set, or neither');

  const config: AppConfig = {
    host,
    port: httpPort,
    sqlApiPort: port('SQL_API_PORT', 15_432),
    sqlApiMaxRows: number('SQL_API_MAX_ROWS', 2_000_000, 1, 100_000_000),
    sqlApiTls: certificate === null || certificateKey === null ? null : { certificate, key: certificateKey },
    dataDir,
    databaseUrl,
    analyticsUrl: analytics ?? `chdb:${resolve(dataDir, 'clickhouse')}`,
    queryMemoryBytes:
      text('ENGINE_MAX_MEMORY_MB') === null ? null : 1_000_000 * number('ENGINE_MAX_MEMORY_MB', 1_000, 32, 1_000_000),
    redisUrl: url('REDIS_URL', ['redis', 'rediss']),
    smtpUrl: url('SMTP_URL', ['smtp', 'smtps']),
    privateMailHosts: oneOf('SMTP_PRIVATE_HOSTS', ['on', 'off'] as const, 'off') === 'on',
    mailFrom,
    publicUrl: (
      url('PUBLIC_URL', ['http', 'https']) ?? `http://${host === '0.0.0.0' ? 'localhost' : host}:${httpPort}`
    ).replace(/\/+$/, ''),
    adminApiKey,
    rollupMinRows: minRows(),
    works: isWorker || takesPart,
    sampleData: oneOf('SAMPLE_DATA', ['on', 'off'] as const, 'on') === 'on',
    tokens: parseTokenSettings(text, problems),
    limits: parseLimits(text, problems),
    secretKeys: parseSecretKeys(text, problems),
    logLevel: oneOf('LOG_LEVEL', LOG_LEVELS, 'info'),
    faultPoint: text('FAULT_POINT'),
    mailSeconds: number('MAIL_SECONDS', 150, 2, 600),
    scheduleSpreadSeconds: number('SCHEDULE_SPREAD_SECONDS', 20, 0, 3_600),
    rendering: {
      browsers: number('RENDER_BROWSERS', 2, 1, 64),
      timeoutMs: 1_000 * number('RENDER_SECONDS', 30, 1, 600),
      memoryBytes: 1_000_000 * number('RENDER_MEMORY_MB', 1_000, 200, 64_000),
      queue: number('RENDER_QUEUE', 100, 1, 10_000),
    },
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}
