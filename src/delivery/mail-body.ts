import type { ReportDocument } from '../reports/render/document.js';
import { escapeHtml } from '../reports/render/html-text.js';
import { INK, MUTED, RULE } from '../reports/render/charts/palette.js';
import { definitionVersion, headlines, noticeTexts, periodText, sourceFacts } from '../reports/render/report-facts.js';

export interface MailBodyInput {
  readonly report: ReportDocument;
  /** The chart to show above the fold, when there is one; sizes in CSS pixels. */
  readonly chart: {
    /** `cid:…`, or `data:…` for a preview. */
    readonly source: string;
    readonly width: number;
    readonly height: number;
    readonly alt: string;
  } | null;
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

const WIDTH = 640;
const FONT = "Inter,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

/** The mail for people whose client shows plain text. */
export function mailText(input: MailBodyInput): string {
  const { report, files, remarks, message, links = [], browserUrl, unsubscribeUrl } = input;
  const figures = headlines(report).map(({ label, value }) => `  ${label}: ${value}`);
  const sources = sourceFacts(report).map(({ source, asOf }) => `${source} ${asOf}`);
  return [
    `${report.title}`,
    `${report.organization} · ${periodText(report)} (${report.period.time_zone})`,
    ...(message ? ['', message] : []),
    ...(figures.length > 0 ? ['', ...figures] : []),
    ...[...noticeTexts(report), ...remarks].flatMap((text) => ['', `Note: ${text}`]),
    ...(files.length > 0 ? ['', `Attached: ${files.join(', ')}`] : []),
    ...links.flatMap(({ filename, bytes, url }) => ['', `${filename} (${megabytes(bytes)}): ${url}`]),
    ...(browserUrl ? ['', `Open in the browser: ${browserUrl}`] : []),
    ...(report.filtersText.length > 0 ? ['', `Filters: ${report.filtersText.join('; ')}`] : []),
    '',
    `Data as of: ${sources.join(' · ') || 'no source has rows yet'}`,
    `Metric definitions: version ${definitionVersion(report)}`,
    ...(unsubscribeUrl ? ['', `No more of these mails: ${unsubscribeUrl}`] : []),
    '',
  ].join('\n');
}

/** The same in HTML that old mail clients understand: tables, inline styles, no web font. */
export function mailHtml(input: MailBodyInput): string {
  const { report, chart, files, remarks, message, links = [], browserUrl, unsubscribeUrl } = input;
  const notices = [...noticeTexts(report), ...remarks];
  const sources = sourceFacts(report).map(({ source, asOf }) => `${escapeHtml(source)} ${escapeHtml(asOf)}`);
  const picture = chart ? fit(chart) : null;
  const rows = [
    `<p style="margin:0;font-size:12px;font-weight:600;letter-spacing:.06em;text-transform:uppercase;color:${MUTED}">${escapeHtml(report.organization)}</p>
<h1 style="margin:6px 0 0;font-size:24px;line-height:1.2;font-weight:600;color:${INK}">${escapeHtml(report.title)}</h1>
<p style="margin:8px 0 0;font-size:14px;color:${MUTED}">${escapeHtml(periodText(report))} (${escapeHtml(report.period.time_zone)})</p>`,
    message
      ? `<p style="margin:0;font-size:14px;line-height:1.5;color:${INK};white-space:pre-line">${escapeHtml(message)}</p>`
      : '',
    figures(report),
    notices.length === 0
      ? ''
      : notices
          .map(
            (text) =>
              `<p style="margin:0 0 6px;padding:10px 12px;border-left:3px solid #e9a23b;background:#fdf6ea;font-size:13px;color:${INK}">${escapeHtml(text)}</p>`,
          )
          .join(''),
    picture
      ? `<img src="${escapeHtml(picture.source)}" width="${picture.width}" height="${picture.height}" alt="${escapeHtml(picture.alt)}" style="display:block;width:100%;max-width:${picture.width}px;height:auto;border:0">`
      : '',
    files.length === 0
      ? ''
      : `<p style="margin:0;font-size:13px;color:${INK}">The full report is attached: ${files.map(escapeHtml).join(', ')}.</p>`,
    links
      .map(
        ({ filename, bytes, url }) =>
          `<p style="margin:0;font-size:13px;color:${INK}"><a href="${escapeHtml(url)}" style="color:${INK}">${escapeHtml(filename)}</a> (${megabytes(bytes)}) is too large to be attached.</p>`,
      )
      .join(''),
    browserUrl
      ? `<p style="margin:0;font-size:13px"><a href="${escapeHtml(browserUrl)}" style="color:${INK}">Open in the browser</a></p>`
      : '',
    `<p style="margin:0;padding-top:12px;border-top:1px solid ${RULE};font-size:11px;line-height:1.5;color:${MUTED}">${
      report.filtersText.length > 0 ? `Filters: ${escapeHtml(report.filtersText.join('; '))}<br>` : ''
    }Data as of: ${sources.join(' · ') || 'no source has rows yet'}<br>Metric definitions: version ${escapeHtml(definitionVersion(report))}${
      unsubscribeUrl
        ? `<br><a href="${escapeHtml(unsubscribeUrl)}" style="color:${MUTED}">No more of these mails</a>`
        : ''
    }</p>`,
  ].filter((row) => row !== '');
  return `<!doctype html>
<html lang="${escapeHtml(report.locale)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(report.title)}</title></head>
<body style="margin:0;padding:0;background:#f3f5f7">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f5f7"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="${WIDTH}" cellpadding="0" cellspacing="0" style="width:100%;max-width:${WIDTH}px;background:#ffffff;border-top:4px solid ${INK};font-family:${FONT}">
${rows.map((row, index) => `<tr><td style="padding:${index === 0 ? 24 : 0}px 28px 20px">${row}</td></tr>`).join('\n')}
</table></td></tr></table>
</body></html>`;
}

const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

/** Blocks in a line, not cells of a row: on a phone they go on below each other. */
function figures(report: ReportDocument): string {
  const blocks = headlines(report).map(
    ({ label, value }) =>
      `<div style="display:inline-block;min-width:96px;padding:12px 16px 12px 0;vertical-align:top"><span style="display:block;font-size:12px;color:${MUTED}">${escapeHtml(label)}</span><span style="display:block;margin-top:2px;font-size:20px;font-weight:600;white-space:nowrap;color:${INK}">${escapeHtml(value)}</span></div>`,
  );
  if (blocks.length === 0) return '';
  return `<div style="border-top:1px solid ${RULE};border-bottom:1px solid ${RULE}">${blocks.join('')}</div>`;
}

function fit<T extends { width: number; height: number }>(chart: T): T {
  const scale = Math.min(1, (WIDTH - 56) / chart.width);
  return { ...chart, width: Math.round(chart.width * scale), height: Math.round(chart.height * scale) };
}
