import type { SourceCategory, Stage, UnifiedRow } from '../engine/engine.js';
import { RowFinisher, type Fault, type RowDraft, type RowOptions } from './canonical.js';
import { MAX_KEPT_LENGTH } from './decode/limits.js';
import type { ImportWarning } from './import.entity.js';
import type { ReadCounts, Reject } from './import-store.js';
import type { ErasedSet } from './erased-set.js';
import { unlinked } from './unlinked.js';
import { IGNORED, type IgnoredCode, type RowSink } from './row-source.js';

/** Rows that are handed to the stage at once, which gathers them; few, so that they die young in the heap. */
const BATCH_ROWS = 200;
/** Characters after which a batch is sent although it has fewer rows. */
const BATCH_LENGTH = 16 * 1024 * 1024;
const REJECT_BATCH = 1_000;
/** Rejects that are kept; further ones are only counted. */
export const MAX_REJECTS = 100_000;

/** Takes the rows and rejects of one import, sends them on in batches, and counts them. */
export class Staging implements RowSink {
  private rows: UnifiedRow[] = [];
  private length = 0;
  private rejects: Reject[] = [];
  /** The batch on its way; the stage takes one at a time, and reading waits for the engine beyond that. */
  private sending: Promise<void> = Promise.resolve();
  private failure: { readonly error: unknown } | null = null;
  private rowCount = 0;
  private rejectCount = 0;
  private storedRejects = 0;
  private readonly ignored = new Map<IgnoredCode, number>();
  private readonly warned = new Map<string, { readonly message: string; count: number }>();
  private readonly categories = new Map<string, SourceCategory>();
  private readonly currencies = new Map<string, Set<string>>();
  private readonly finisher: RowFinisher;

  constructor(
    private readonly stage: Stage,
    private readonly options: RowOptions & { readonly erased?: ErasedSet | null },
    private readonly storeRejects: (rejects: readonly Reject[]) => Promise<void>,
  ) {
    this.finisher = new RowFinisher(options);
  }

  row(draft: RowDraft, raw: string): void {
    const row = this.finisher.finish(draft);
    if ('reason' in row) {
      this.reject(draft.line, row, raw);
      return;
    }
    const mode = row.customer_id === null ? null : (this.options.erased?.modeOf(row.customer_id) ?? null);
    if (mode === 'delete') {
      // Counted, and not kept: the line is what was erased.
      this.rejectCount++;
      this.warn('customer_erased', 'Rows of customers whose data was erased were left out; they count as rejected.');
      return;
    }
    if (mode === 'anonymise') {
      this.warn('customer_unlinked', 'Rows of customers whose data was erased were taken without the customer.');
      this.take(unlinked(row));
    } else this.take(row);
  }

  private take(row: UnifiedRow): void {
    this.rows.push(row);
    this.length += row.data_payload.length;
    this.rowCount++;
    if (row.currency !== null) this.noteCurrency(row.data_source, row.currency);
    if (this.categories.get(row.data_source) !== row.source_category) {
      this.categories.set(row.data_source, row.source_category);
    }
  }

  reject(line: number, { code, reason }: Fault, raw: string): void {
    this.rejectCount++;
    if (this.storedRejects >= MAX_REJECTS) return;
    this.storedRejects++;
    this.rejects.push({
      line,
      code,
      reason: storable(reason.slice(0, 2_000)),
      content: storable(raw.slice(0, MAX_KEPT_LENGTH)),
      is_cut: raw.length > MAX_KEPT_LENGTH,
    });
  }

  ignore(code: IgnoredCode): void {
    this.ignored.set(code, (this.ignored.get(code) ?? 0) + 1);
  }

  warn(code: string, message: string): void {
    const known = this.warned.get(code);
    if (known) known.count++;
    else this.warned.set(code, { message, count: 1 });
  }

  /** Sends what is full; waits while too much is on its way. @throws what the engine threw */
  async relieve(): Promise<void> {
    if (this.rows.length >= BATCH_ROWS || this.length >= BATCH_LENGTH) await this.sendRows();
    if (this.rejects.length >= REJECT_BATCH) await this.sendRejects();
    if (this.failure) throw this.failure.error;
  }

  /** Sends the rest and waits until all of it has arrived. */
  async finish(): Promise<void> {
    await this.sendRows();
    await this.sendRejects();
    await this.sending;
    if (this.failure) throw this.failure.error;
  }

  /** Waits for what is on its way, whatever comes of it. */
  async settle(): Promise<void> {
    await this.sending;
  }

  get counts(): ReadCounts {
    return {
      read: this.rowCount + this.rejectCount,
      rejected: this.rejectCount,
      rejects_stored: this.storedRejects - this.rejects.length,
      warnings: this.warnings(),
    };
  }

  /** Currencies of the rows of a source, sorted. */
  currenciesOf(source: string): string[] {
    return [...(this.currencies.get(source) ?? [])].sort();
  }

  categoryOf(source: string): SourceCategory {
    return this.categories.get(source) ?? 'external_operational';
  }

  private noteCurrency(source: string, currency: string): void {
    const known = this.currencies.get(source);
    if (known) known.add(currency);
    else this.currencies.set(source, new Set([currency]));
  }

  private warnings(): ImportWarning[] {
    const warnings: ImportWarning[] = [];
    for (const [code, count] of this.ignored) warnings.push({ code, message: IGNORED[code], count });
    for (const [code, { message, count }] of this.warned) warnings.push({ code, message, count });
    if (this.rejectCount > MAX_REJECTS) {
      const count = this.rejectCount - MAX_REJECTS;
      warnings.push({
        code: 'rejects_not_kept',
        message: `Only the first ${MAX_REJECTS} rejected lines are kept; ${count} more were rejected.`,
        count,
      });
    }
    return warnings;
  }

  private async sendRows(): Promise<void> {
    if (this.rows.length === 0) return;
    await this.sending;
    if (this.failure) throw this.failure.error;
    const batch = this.rows;
    this.rows = [];
    this.length = 0;
    this.sending = this.stage.append(batch).catch((error: unknown) => {
      this.failure ??= { error };
    });
  }

  private async sendRejects(): Promise<void> {
    while (this.rejects.length > 0) await this.storeRejects(this.rejects.splice(0, REJECT_BATCH));
  }
}

/** Postgres holds no U+0000. */
const storable = (text: string): string => text.replaceAll('\u0000', '\ufffd');
