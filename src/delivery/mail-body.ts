import type { DashboardDocument, ReportDocument } from '../reports/render/document.js';
import { escapeHtml } from '../reports/render/html-text.js';
import { MAIL_WIDTH, renderMailPage } from '../reports/render/mail-page.js';
import { definitionVersion, headlines, noticeTexts, periodText, sourceFacts } from '../reports/render/report-facts.js';
import { filled, wordsOf } from '../reports/render/words/words.js';

export interface MailBodyInput {
  readonly report: ReportDocument;
  /** Where a dashboard is sent; `report` is then its cover. */
  readonly dashboard?: DashboardDocument | null;
  /** The chart to show above the fold, when there is one; sizes in CSS pixels. */
  readonly chart: {
    /** `cid:…`, or `data:…` for a preview. */
    readonly source: string;
    readonly width: number;
    readonly height: number;
  } | null;
  /** `cid:…` or `data:…` of the logo, when there is one. */
  readonly logo?: string | null;
  /** The rows stand in the mail itself. */
  readonly withRows?: boolean;
  /** Names of the attached files. */
  readonly files: readonly string[];
  /** Further remarks, e.g. that a source was late. */
  readonly remarks: readonly string[];
  /** What the schedule's owner wrote; null for nothing. */
  readonly message?: string | null;
  /** Files that are too large to be attached. */
  readonly links?: readonly { readonly filename: string; readonly bytes: number; readonly url: string }[];
  /** The same report as a page. */
  readonly browserUrl?: string | null;
  /** The way out of the mailing. */
  readonly unsubscribeUrl?: string | null;
}

/** The mail for people whose client shows plain text. */
export function mailText(input: MailBodyInput): string {
  const { report, files, remarks, message, links = [], browserUrl, unsubscribeUrl } = input;
  const words = wordsOf(report.locale);
  const figures = headlines(report).map(
    ({ label, value, change }) =>
      `  ${label}: ${value}${change ? ` (${change.text}, ${filled(words.from, { value: change.previous })})` : ''}`,
  );
  const sources = sourceFacts(report).map(({ source, asOf }) => `${source} ${asOf}`);
  return [
    `${report.title}`,
    `${report.branding?.name ?? report.organization} · ${periodText(report)} (${report.period.time_zone})`,
    ...(message ? ['', message] : []),
    ...(figures.length > 0 ? ['', ...figures] : []),
    ...noticeTexts(report, remarks).flatMap((text) => ['', `${words.note}: ${text}`]),
    ...(files.length > 0 ? ['', `${words.attached}: ${files.join(', ')}`] : []),
    ...links.flatMap(({ filename, bytes, url }) => ['', `${filename} (${megabytes(bytes)}): ${url}`]),
    ...(browserUrl ? ['', `${words.open}: ${browserUrl}`] : []),
    ...(report.filtersText.length > 0 ? ['', `${words.filters}: ${report.filtersText.join('; ')}`] : []),
    '',
    `${words.data_as_of}: ${sources.join(' · ') || words.no_rows_yet}`,
    filled(words.definitions, { version: definitionVersion(report) }),
    ...(report.branding?.footer ? ['', report.branding.footer] : []),
    ...(unsubscribeUrl ? ['', `${words.no_more}: ${unsubscribeUrl}`] : []),
    '',
  ].join('\n');
}

/** The same in HTML that old mail clients understand. */
export function mailHtml(input: MailBodyInput): string {
  const { report, chart, files, remarks, message = null, links = [], browserUrl, unsubscribeUrl } = input;
  const words = wordsOf(report.locale);
  const line = (text: string): string => `<p class="files">${text}</p>`;
  const after = [
    ...(files.length > 0 ? [line(escapeHtml(filled(words.full_attached, { files: files.join(', ') })))] : []),
    ...links.map(({ filename, bytes, url }) =>
      line(
        `<a href="${escapeHtml(url)}">${escapeHtml(filename)}</a> (${megabytes(bytes)}): ${escapeHtml(words.too_large)}`,
      ),
    ),
    ...(browserUrl ? [line(`<a href="${escapeHtml(browserUrl)}">${escapeHtml(words.open)}</a>`)] : []),
  ];
  return renderMailPage({
    report,
    dashboard: input.dashboard ?? null,
    picture: chart ? { source: chart.source, ...fit(chart) } : null,
    logo: input.logo ?? null,
    message,
    remarks,
    withRows: input.withRows ?? false,
    after: after.join(''),
    end: unsubscribeUrl
      ? `<p class="end"><a href="${escapeHtml(unsubscribeUrl)}">${escapeHtml(words.no_more)}</a></p>`
      : '',
  });
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

function fit<T extends { width: number; height: number }>(chart: T): { width: number; height: number } {
  const scale = Math.min(1, (MAIL_WIDTH - 56) / chart.width);
  return { width: Math.round(chart.width * scale), height: Math.round(chart.height * scale) };
}
