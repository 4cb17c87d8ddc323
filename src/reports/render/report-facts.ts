import type { ReportDocument } from './document.js';
import { decimalOf, formatHeadline, formatInstant, formatPeriod, isNumeric } from './format.js';

/** What a report says about itself in words, for the page and for the mail that carries it. */

const MOST_HEADLINES = 5;

export interface Headline {
  readonly key: string;
  readonly label: string;
  readonly value: string;
}

/** The headline numbers, five unless told, from the totals or from the only row. */
export function headlines(report: ReportDocument, most: number = MOST_HEADLINES): readonly Headline[] {
  const source = report.totals ?? (report.rows.length === 1 ? report.rows[0] : null);
  if (!source) return [];
  return report.columns
    .filter((column) => column.role === 'metric' && isNumeric(column))
    .flatMap((column) => {
      const value = decimalOf(source[column.name]);
      return value ? [{ key: column.name, label: column.label, value: formatHeadline(value, column, report) }] : [];
    })
    .slice(0, most);
}

/** `Last month: Jan 1, 2026 – Jan 31, 2026` */
export function periodText(report: ReportDocument): string {
  const { from, to, time_zone, label } = report.period;
  const dates = formatPeriod(from, to, time_zone, report.locale);
  return label === '' || label.toLowerCase() === dates.toLowerCase() ? dates : `${label}: ${dates}`;
}

/** All that a reader must know before trusting the numbers: what is cut, empty or doubtful. */
export const noticeTexts = (report: ReportDocument): readonly string[] => [
  ...(report.truncated
    ? [
        `Only the first ${rowCount(report)} rows are shown; there are more.${report.totals ? ' The totals cover all of them.' : ''}`,
      ]
    : []),
  ...(report.rows.length === 0 ? ['No data matched this report’s period and filters.'] : []),
  ...report.warnings,
];

/** Until when each source has data, in the report's zone. */
export const sourceFacts = (report: ReportDocument): readonly { readonly source: string; readonly asOf: string }[] =>
  Object.entries(report.dataAsOf).map(([source, iso]) => ({
    source,
    asOf: formatInstant(iso, report.period.time_zone, report.locale),
  }));

/** The snapshot's hash, short enough to read out. */
export const definitionVersion = (report: ReportDocument): string => report.snapshot.slice(0, 12);

export const rowCount = (report: ReportDocument): string =>
  new Intl.NumberFormat(report.locale).format(report.rows.length);
