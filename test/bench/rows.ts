/** Rows as a sender writes them: deterministic, in the shape of an ad platform's daily export. */
const SOURCES = ['meta_ads', 'google_ads', 'tiktok_ads', 'pinterest_ads'] as const;
const DEVICES = ['mobile', 'desktop', 'tablet'] as const;
const FIRST_DAY = Date.UTC(2025, 0, 1);
const DAYS = 396;
const DAY_MS = 86_400_000;
const CHUNK_ROWS = 1_000;

/** 32 well-mixed bits of a number (the finaliser of MurmurHash3). */
function mix(n: number): number {
  let h = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const money = (cents: number): string => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;

/** Line `n` of the export that `tag` names, with its newline; about 400 bytes. */
export function rowLine(n: number, tag: string): string {
  const random = mix(n);
  const source = SOURCES[n % SOURCES.length] ?? SOURCES[0];
  const day = new Date(FIRST_DAY + (Math.floor(n / 1_000) % DAYS) * DAY_MS).toISOString();
  const impressions = 100 + (random % 20_000);
  const clicks = (random >>> 5) % 500;
  return `${JSON.stringify({
    external_id: `${tag}:${n}`,
    recorded_at: day,
    data_source: source,
    source_category: 'external_marketing',
    campaign_id: `Campaign ${random % 40}`,
    customer_id: null,
    asset_id: null,
    currency: 'USD',
    data_payload: {
      spend: money(random % 50_000),
      impressions,
      clicks,
      conversions: money((random >>> 7) % 2_000),
      revenue: money((random >>> 3) % 150_000),
      device: DEVICES[n % DEVICES.length],
      ad_set_name: `Ad set ${(random >>> 9) % 200}`,
      country: 'US',
    },
  })}\n`;
}

/** Rows in chunks, until there are `rows` of them. */
export function* rowChunks(rows: number, tag: string): Generator<Buffer> {
  for (let from = 0; from < rows; from += CHUNK_ROWS) {
    let text = '';
    for (let n = from; n < Math.min(rows, from + CHUNK_ROWS); n++) text += rowLine(n, tag);
    yield Buffer.from(text, 'utf8');
  }
}
