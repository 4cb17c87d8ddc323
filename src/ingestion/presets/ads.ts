/**
 * What the exports of the ad platforms have in common: one row a day and campaign, ad set, ad or further breakdown.
 *
 * Rows become `external_marketing`. Their identity is day, campaign, ad set, ad and the breakdowns (device, age,
 * country, …), by id where the file has ids; so yesterday's file, which restates the last days, replaces them.
 */
import { isCurrency } from '../../common/currency.js';
import { fault } from '../canonical.js';
import type { TextRecord } from '../decode/records.js';
import type { RowSource, SourceOptions } from '../row-source.js';
import { CellsReader, plainText, ruleFor, type ColumnRule } from '../table/cells.js';
import type { Header } from '../table/header.js';
import { fieldName, normalized, requireColumns, type WantedColumn } from '../table/header.js';
import { TableSource, type TableReader } from '../table/table-source.js';
import { InstantReader } from '../values/instant.js';
import type { PayloadValue } from '../values/payload.js';

type Names = readonly (string | RegExp)[];

export interface AdsExport {
  /** As people call it, e.g. `a Meta Ads export`. */
  readonly title: string;
  readonly data_source: string;
  readonly required: readonly WantedColumn[];
  readonly columns: {
    readonly date: Names;
    readonly campaign: Names;
    readonly campaign_id: Names;
    readonly ad_set: Names;
    readonly ad_set_id: Names;
    readonly ad: Names;
    readonly ad_id: Names;
    readonly currency: Names;
    /** Payload field → names of the column. */
    readonly numbers: Readonly<Record<string, Names>>;
  };
  /** Columns that repeat what is known or would split a row when restated. */
  readonly dropped: Names;
  /** End of the period that a row covers, where it is not one day. */
  readonly period_end?: Names;
  /** Finds the currency in a header cell such as `Amount spent (USD)`. */
  readonly currencyInHeader?: RegExp;
  /** A line without any name is the line with the totals. */
  readonly namelessIsTotal: boolean;
}

/** Text columns that split a day's figures and so belong to a row's identity. */
const BREAKDOWN =
  /\b(account|device|platform|placement|age|gender|country|territory|region|state|city|dma|network|hour|language|audience|keyword|match type|search term|operating system|os|position|product|customer id)\b/;
const TOTAL = /^(grand )?totals?\s*(:|-|$|of \d)/i;

export const openAds = (shape: AdsExport, options: SourceOptions): RowSource =>
  new TableSource(
    {
      searchesHeader: true,
      score: (header) => shape.required.filter(({ names }) => header.find(names) >= 0).length,
      open: (header, sample) => {
        requireColumns(shape.title, header, shape.required);
        return new AdsReader(shape, options, header, sample);
      },
    },
    options.mapping,
    options.sink,
  );

class AdsReader implements TableReader {
  private readonly at: Readonly<
    Record<'date' | 'campaign' | 'campaignId' | 'adSet' | 'adSetId' | 'ad' | 'adId' | 'currency' | 'end', number>
  >;
  private readonly cells: CellsReader;
  private readonly breakdowns: readonly { readonly field: string; readonly position: number }[];
  private readonly dates: InstantReader;
  private readonly headerCurrency: string | null;

  constructor(
    private readonly shape: AdsExport,
    private readonly options: SourceOptions,
    private readonly header: Header,
    sample: readonly TextRecord[],
  ) {
    const { columns } = shape;
    const { mapping } = options;
    const date = mapping.recorded_at.column === null ? columns.date : [mapping.recorded_at.column];
    const dateAt = header.find(date);
    this.at = {
      date: dateAt,
      campaign: header.find(columns.campaign),
      campaignId: header.find(columns.campaign_id),
      adSet: header.find(columns.ad_set),
      adSetId: header.find(columns.ad_set_id),
      ad: header.find(columns.ad),
      adId: header.find(columns.ad_id),
      currency: header.find(columns.currency),
      end: header.find(shape.period_end ?? []),
    };
    this.dates = new InstantReader({
      format: mapping.recorded_at.format,
      time_zone: mapping.recorded_at.time_zone ?? 'UTC',
    });
    const { rules, breakdowns } = this.rulesOf(header);
    this.breakdowns = breakdowns;
    this.cells = new CellsReader(
      rules,
      sample.map(({ cells }) => cells),
      mapping.null_values,
      this.dates,
    );
    this.headerCurrency = this.currencyOf(header);
    if (this.headerCurrency === null && this.at.currency < 0 && mapping.currency === null) {
      options.sink.warn(
        'no_currency',
        'The file names no currency; say {"currency": "USD"} (or another) in the mapping.',
      );
    }
  }

  read(record: TextRecord): void {
    const { at, options } = this;
    const { cells } = record;
    if (this.isTotal(cells)) {
      options.sink.ignore('total_rows');
      return;
    }
    const refuse = (code: string, reason: string): void =>
      options.sink.reject(record.line, fault(code, reason), record.raw);
    if (cells.length !== this.header.width) {
      refuse('wrong_cell_count', `the line has ${cells.length} cells, the header has ${this.header.width}`);
      return;
    }
    const date = this.dates.read(cells[at.date] ?? '');
    if (date.kind === 'unreadable') {
      refuse('bad_recorded_at', `${this.header.cells[at.date]?.trim() ?? 'date'}: ${date.reason}`);
      return;
    }
    const payload = new Map<string, PayloadValue>();
    const wrong = this.cells.read(cells, payload);
    if (wrong) {
      options.sink.reject(record.line, wrong, record.raw);
      return;
    }
    const campaign = this.name(cells, at.campaign, 'campaign_name', payload);
    const adSet = this.name(cells, at.adSet, 'ad_set_name', payload);
    const ad = this.name(cells, at.ad, 'ad_name', payload);
    this.addPeriodEnd(cells, date.iso, payload);
    const campaignId = this.text(cells, at.campaignId) ?? campaign;
    const currency = this.text(cells, at.currency)?.toUpperCase() ?? this.headerCurrency ?? options.mapping.currency;
    options.sink.row(
      {
        recorded_at: date.iso,
        data_source: options.mapping.data_source ?? this.shape.data_source,
        source_category: options.mapping.source_category ?? 'external_marketing',
        campaign: campaignId,
        customer: null,
        asset: ad,
        currency,
        external_id: null,
        identity: [
          date.iso,
          campaignId ?? '',
          this.text(cells, at.adSetId) ?? adSet ?? '',
          this.text(cells, at.adId) ?? ad ?? '',
          ...this.breakdowns.map(({ field, position }) => `${field}=${this.text(cells, position) ?? ''}`),
        ],
        payload,
        attribution: null,
        line: record.line,
      },
      record.raw,
    );
  }

  end(): void {
    // Each record is a row of its own; nothing is held back.
  }

  /** Columns that no role takes become payload fields. */
  private rulesOf(header: Header): { rules: ColumnRule[]; breakdowns: { field: string; position: number }[] } {
    const { shape, options, at } = this;
    const rules: ColumnRule[] = [];
    const taken = new Set(Object.values(at).filter((position) => position >= 0));
    const names = new Set(['campaign_name', 'ad_set_name', 'ad_name', 'period_end']);
    const { decimal } = options.mapping;
    for (const [field, wanted] of Object.entries(shape.columns.numbers)) {
      const position = header.find(wanted);
      if (position < 0 || taken.has(position)) continue;
      taken.add(position);
      names.add(field);
      rules.push({ field, position, type: 'number', decimal });
    }
    const breakdowns: { field: string; position: number }[] = [];
    header.cells.forEach((cell, position) => {
      const name = normalized(cell);
      if (taken.has(position) || name === '') return;
      if (shape.dropped.some((drop) => (typeof drop === 'string' ? drop === name : drop.test(name)))) return;
      const field = uniqueName(fieldName(cell), names);
      names.add(field);
      const isBreakdown = BREAKDOWN.test(name);
      if (isBreakdown) breakdowns.push({ field, position });
      const rule = ruleFor(field, position, options.fields, decimal);
      rules.push(isBreakdown ? { ...rule, type: 'string' } : rule);
    });
    breakdowns.sort((a, b) => (a.field < b.field ? -1 : 1));
    return { rules, breakdowns };
  }

  private isTotal(cells: readonly string[]): boolean {
    const { at } = this;
    const names = [cells[0], cells[at.date], cells[at.campaign]].map((cell) => cell?.trim() ?? '');
    if (names.some((name) => TOTAL.test(name)) && this.dates.read(cells[at.date] ?? '').kind === 'unreadable')
      return true;
    if (!this.shape.namelessIsTotal || cells.length !== this.header.width) return false;
    return [at.campaign, at.campaignId, at.adSet, at.ad].every((position) => this.text(cells, position) === null);
  }

  private text(cells: readonly string[], position: number): string | null {
    if (position < 0) return null;
    const cell = cells[position] ?? '';
    return this.cells.isNull(cell) ? null : plainText(cell);
  }

  private name(
    cells: readonly string[],
    position: number,
    field: string,
    payload: Map<string, PayloadValue>,
  ): string | null {
    const text = this.text(cells, position);
    if (text !== null) payload.set(field, text);
    return text;
  }

  /** A row that covers more than its first day says so. */
  private addPeriodEnd(cells: readonly string[], start: string, payload: Map<string, PayloadValue>): void {
    const text = this.text(cells, this.at.end);
    if (text === null) return;
    const end = this.dates.read(text);
    if (end.kind === 'unreadable' || end.iso <= start) return;
    payload.set('period_end', end.iso.slice(0, 10));
    this.options.sink.warn(
      'long_periods',
      'Rows cover more than one day; their figures stand on the first day. Export with the breakdown "By day" for daily figures.',
    );
  }

  private currencyOf(header: Header): string | null {
    if (!this.shape.currencyInHeader) return null;
    for (const cell of header.cells) {
      const code = this.shape.currencyInHeader.exec(cell.trim())?.[1];
      if (code !== undefined && isCurrency(code)) return code;
    }
    return null;
  }
}

/** `name`, or `name_2`, … when it is taken. */
export function uniqueName(name: string, taken: ReadonlySet<string>): string {
  let candidate = name;
  for (let number = 2; taken.has(candidate); number++) candidate = `${name.slice(0, 58)}_${number}`;
  return candidate;
}
