/** Reports by mail: how many a minute, and how much memory one of a million rows takes. */
import { progress, report, timed } from './report.js';
import { overRows, USUAL_ROWS } from './over-rows.js';
import { KEY } from './server.js';

const LARGE = 1_000_000;
const SMALL = 100_000;
const REPORTS = 60;
const AT_ONCE = 20;
const SAMPLE_MS = 50;

interface Ledger {
  readonly data: readonly {
    readonly state: string;
    readonly evidence: readonly { readonly message_bytes?: number }[];
  }[];
}

export const benchDelivery = (): Promise<void> =>
  overRows(USUAL_ROWS, async ({ base }) => {
    const json = async <T>(path: string, body?: unknown): Promise<T> => {
      const response = await fetch(new URL(path, base), {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
      return (await response.json()) as T;
    };
    const view = async (name: string, dimensions: readonly string[], limit: number | null): Promise<string> => {
      const created = await json<{ id: string }>('/api/reports/views', {
        report_name: name,
        report_category: 'campaign_performance',
        metrics: ['spend', 'revenue'],
        dimensions,
        date_range: { from: '2025-01-01', to: '2026-01-31' },
        ...(limit === null ? {} : { limit }),
      });
      return created.id;
    };
    const deliver = async (id: string, formats: readonly string[]): Promise<number> => {
      const { occurrence_id } = await json<{ occurrence_id: string }>(`/api/reports/views/${id}/deliver`, {
        recipients: ['reader@example.com'],
        formats,
      });
      for (;;) {
        const { data } = await json<Ledger>(`/api/reports/deliveries?occurrence_id=${occurrence_id}`);
        const [delivery] = data;
        if (delivery?.state === 'accepted') return delivery.evidence[0]?.message_bytes ?? 0;
        if (delivery !== undefined && !['pending', 'sending'].includes(delivery.state)) throw new Error(delivery.state);
        await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
      }
    };

    const rows = ['recorded_at', 'data_source', 'campaign_name', 'device'];
    const small = await view('A hundred thousand rows', rows, SMALL);
    const large = await view('A million rows', rows, LARGE);
    // Twice: caches and pools fill up.
    await deliver(small, ['csv']);
    const few = await watched(() => deliver(small, ['csv']));
    const many = await watched(() => deliver(large, ['csv']));
    progress(`delivery: ${LARGE} rows in ${many.ms.toFixed(0)} ms, at most ${many.peak.toFixed(0)} MB`);
    report({
      bench: 'delivery_memory',
      ratio: many.peak / few.peak,
      unit: 'x_peak_of_a_tenth_of_the_rows',
      goal: 1.1,
      rows: LARGE,
      seconds: many.ms / 1_000,
      before_mb: many.before,
      peak_mb: many.peak,
      peak_of_100k_mb: few.peak,
      // The file itself is offered as a link.
      mail_bytes: many.value,
    });

    const page = await view('By source', ['data_source'], null);
    for (const formats of [['csv'], ['pdf', 'csv']]) {
      await deliver(page, formats);
      const { ms } = await timed(async () => {
        let left = REPORTS;
        const one = async (): Promise<void> => {
          while (left-- > 0) await deliver(page, formats);
        };
        await Promise.all(Array.from({ length: AT_ONCE }, one));
      });
      report({
        bench: `delivery_${formats.join('_')}`,
        ratio: null,
        unit: 'reports_per_minute',
        reports: REPORTS,
        reports_per_minute: (REPORTS * 60_000) / ms,
      });
    }
  });

/** Runs a job while looking at the memory that this process holds. */
async function watched<T>(job: () => Promise<T>): Promise<{ ms: number; value: T; before: number; peak: number }> {
  const before = residentMegabytes();
  let peak = before;
  const look = setInterval(() => (peak = Math.max(peak, residentMegabytes())), SAMPLE_MS);
  try {
    const done = await timed(job);
    return { ...done, before, peak };
  } finally {
    clearInterval(look);
  }
}

const residentMegabytes = (): number => process.memoryUsage.rss() / 2 ** 20;
