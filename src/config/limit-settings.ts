/** How much may be asked of the server, and by whom. */
export interface LimitSettings {
  /** Requests a minute of one API key or person; null for no limit. */
  readonly requestsPerKey: number | null;
  /** Requests a minute of one organisation; null for no limit. */
  readonly requestsPerOrganization: number | null;
  /** Seconds of engine time an hour of one organisation; null for no limit. */
  readonly engineSeconds: number | null;
  /** Bytes of one upload. */
  readonly uploadBytes: number;
  /** Addresses or networks of proxies whose `X-Forwarded-For` is believed; empty: nobody's. */
  readonly trustedProxies: readonly string[];
  /** Origins of pages that may call from a browser; `*` for all. Empty: none but our own. */
  readonly corsOrigins: readonly string[];
}

const GIB = 1024 ** 3;

/** @param text the value of a variable, or null; @param problems gets what is wrong with which variable */
export function parseLimits(text: (key: string) => string | null, problems: string[]): LimitSettings {
  const count = (key: string, fallback: number): number | null => {
    const value = text(key);
    if (value === null) return fallback;
    if (value === 'off') return null;
    if (/^[1-9]\d{0,11}$/.test(value)) return Number(value);
    problems.push(`${key} must be a whole number above 0, or off`);
    return fallback;
  };
  const list = (key: string): readonly string[] => (text(key) ?? '').split(',').flatMap((part) => part.trim() || []);

  const corsOrigins = list('CORS_ORIGINS');
  const isOrigin = (origin: string): boolean =>
    origin === '*' || (/^https?:\/\//.test(origin) && URL.canParse(origin) && new URL(origin).origin === origin);
  if (!corsOrigins.every(isOrigin)) {
    problems.push('CORS_ORIGINS must be origins such as https://app.example.com, separated by commas, or *');
  }
  const trustedProxies = list('TRUSTED_PROXIES');
  if (!trustedProxies.every((proxy) => /^(loopback|linklocal|uniquelocal|[\da-fA-F.:]+(\/\d{1,3})?)$/.test(proxy))) {
    problems.push('TRUSTED_PROXIES must be addresses or networks such as 10.0.0.0/8, or loopback, separated by commas');
  }
  return Object.freeze({
    requestsPerKey: count('RATE_LIMIT_KEY', 120_000),
    requestsPerOrganization: count('RATE_LIMIT_ORGANIZATION', 240_000),
    engineSeconds: count('QUERY_BUDGET_SECONDS', 18_000),
    uploadBytes: count('MAX_UPLOAD_BYTES', 20 * GIB) ?? Number.MAX_SAFE_INTEGER,
    trustedProxies,
    corsOrigins,
  });
}
