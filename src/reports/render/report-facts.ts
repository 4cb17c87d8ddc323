import type { Decimal } from 'decimal.js';
import type { PlannedColumn } from '../../compiler/query/types.js';
import { isTwin, metricsToDraw } from './charts/data.js';
import type { PageFacts, ReportDocument, ReportRow } from './document.js';
import { decimalOf, formatChange, formatHeadline, formatInstant, formatPeriod, isNumeric } from './format.js';
import { numberFormat } from './locale.js';
import { said } from './words/said.js';
import { filled, wordsOf } from './words/words.js';

/** What a report says about itself in words, for the page and for the mail that carries it. */

const MOST_HEADLINES = 5;

export interface Headline {
  readonly key: string;
  readonly label: string;
  readonly value: string;
  /** Against the period before, where the report compares; `text` is e.g. `+12.4%`, or `new` where there was nothing. */
  readonly change: {
    readonly direction: 'up' | 'down' | 'same';
    readonly text: string;
    readonly previous: string;
  } | null;
}

/** The headline numbers, five unless told, from the totals or from the only row. Of a comparison only the metrics themselves. */
export function headlines(report: ReportDocument, most: number = MOST_HEADLINES): readonly Headline[] {
  const source = report.totals ?? (report.rows.length === 1 ? report.rows[0] : null);
  if (!source) return [];
  const asked = report.dashboardConfig?.chart === 'tiles' ? metricsToDraw(report) : report.columns;
  return asked
    .filter((column) => column.role === 'metric' && isNumeric(column) && !isTwin(column, report.columns))
    .flatMap((column) => {
      const value = decimalOf(source[column.name]);
      if (!value) return [];
      return [
        {
          key: column.name,
          label: column.label,
          value: formatHeadline(value, column, report),
          change: changeOf(report, source, column, value),
        },
      ];
    })
    .slice(0, most);
}

/** Each metric's total as text, by its key, whether or not the page shows it large; nothing where there is none. */
export const totalTexts = (report: ReportDocument): Readonly<Record<string, string>> =>
  Object.fromEntries(
    headlines({ ...report, dashboardConfig: null }, Number.POSITIVE_INFINITY).map(({ key, value }) => [key, value]),
  );

function changeOf(
  report: ReportDocument,
  source: ReportRow,
  column: PlannedColumn,
  value: Decimal,
): Headline['change'] {
  const before = decimalOf(source[`${column.name}__previous`]);
  if (!before) return null;
  const change = decimalOf(source[`${column.name}__change`]);
  const order = value.cmp(before);
  return {
    direction: order > 0 ? 'up' : order < 0 ? 'down' : 'same',
    text: change ? formatChange(change, report.locale) : wordsOf(report.locale).new,
    previous: formatHeadline(before, column, report),
  };
}

/** `Last month: Jan 1, 2026 – Jan 31, 2026` */
export function periodText(report: PageFacts): string {
  const { from, to, time_zone, label } = report.period;
  if ((from === null || to === null) && label !== '') return label;
  const dates = formatPeriod(from, to, time_zone, report.locale);
  return label === '' || label.toLowerCase() === dates.toLowerCase() ? dates : `${label}: ${dates}`;
}

/** All that a reader must know before trusting the numbers: what is cut, empty, doubtful or else to be remarked. */
export function noticeTexts(report: ReportDocument, remarks: readonly string[] = []): readonly string[] {
  const words = wordsOf(report.locale);
  const cut = [
    filled(words.only_first_rows, { count: rowCount(report) }),
    ...(report.totals ? [words.totals_cover_all] : []),
  ];
  return [
    ...(report.truncated ? [cut.join(' ')] : []),
    ...(report.rows.length === 0 && !report.isCover ? [words.no_match] : []),
    ...[...report.warnings, ...remarks].map((text) => said(text, report.locale)),
  ];
}

/** Until when each source has data, in the report's zone. */
export const sourceFacts = (report: PageFacts): readonly { readonly source: string; readonly asOf: string }[] =>
  Object.entries(report.dataAsOf).map(([source, iso]) => ({
    source,
    asOf: formatInstant(iso, report.period.time_zone, report.locale),
  }));

/** The snapshot's hash, short enough to read out. */
export const definitionVersion = (report: PageFacts): string => report.snapshot.slice(0, 12);

export const rowCount = (report: ReportDocument): string => numberFormat(report.locale).format(report.rows.length);
