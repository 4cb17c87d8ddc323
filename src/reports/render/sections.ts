import { chartFallback, planCharts } from './charts/plan.js';
import type { PageFacts, ReportDocument } from './document.js';
import { renderFigure, renderTiles, type Picture } from './figure.js';
import { formatInstant } from './format.js';
import { escapeHtml } from './html-text.js';
import { numberFormat } from './locale.js';
import { logoSize, senderOf, type Medium } from './medium.js';
import { definitionVersion, headlines, noticeTexts, periodText, rowCount, sourceFacts } from './report-facts.js';
import { renderTable } from './report-table.js';
import { counted, filled, wordsOf } from './words/words.js';
import type { TableRoom, TextColumn } from './table-fit.js';

/** The parts of a page, the same whether it is printed, opened or mailed. */

/** Who sends it, what it is called, and what it is about. */
export function masthead(facts: PageFacts, logoSource: string | null): string {
  const { time_zone } = facts.period;
  const words = wordsOf(facts.locale);
  const filters = facts.filtersText.length === 0 ? [] : [[words.filters, escapeHtml(facts.filtersText.join('; '))]];
  const lines = [
    [words.period, `${escapeHtml(periodText(facts))} <span class="zone">(${escapeHtml(time_zone)})</span>`],
    ...filters,
  ];
  const logo = facts.branding?.logo;
  const size = logo ? logoSize(logo) : null;
  const image =
    logoSource !== null && size
      ? `<img class="logo" src="${escapeHtml(logoSource)}" width="${size.width}" height="${size.height}" alt="">`
      : '';
  return `<header class="masthead">
<div class="sender">${image}<p class="organization" dir="auto">${escapeHtml(senderOf(facts))}</p></div>
<h1 dir="auto">${escapeHtml(facts.title)}</h1>
${facts.subtitle ? `<p class="subtitle" dir="auto">${escapeHtml(facts.subtitle)}</p>` : ''}
<dl class="facts">${lines.map(([term, text]) => `<div><dt>${escapeHtml(term ?? '')}</dt><dd>${text}</dd></div>`).join('')}</dl>
</header>`;
}

/** Where the logo's bytes are: in the page itself. */
export function logoData({ branding }: PageFacts): string | null {
  const logo = branding?.logo;
  return logo ? `data:${logo.type};base64,${logo.base64}` : null;
}

export const tiles = (report: ReportDocument): string => renderTiles(headlines(report), report.locale);

/** What the reader must know before the numbers. */
export function notices(report: ReportDocument, remarks: readonly string[] = []): string {
  const fallback = chartFallback(report);
  const texts = [...noticeTexts(report, remarks), ...(fallback === null ? [] : [fallback])];
  if (texts.length === 0) return '';
  return `<ul class="notice">${texts.map((text) => `<li dir="auto">${escapeHtml(text)}</li>`).join('')}</ul>`;
}

export interface ChartsLayout {
  readonly medium: Medium;
  /** For one chart across the page. */
  readonly room: TableRoom;
  /** Two charts stand side by side. */
  readonly paired: boolean;
  readonly picture?: Picture | null;
}

/** One below the other, or side by side where the page is wide. */
export function charts(report: ReportDocument, { medium, room, paired, picture }: ChartsLayout): string {
  const plans = planCharts(report).filter((plan) => plan.kind !== 'tiles');
  if (plans.length === 0) return '';
  const pair = paired && plans.length === 2;
  const each = pair ? room.width / 2 - 17 : room.width;
  const figures = plans.map((plan, index) =>
    renderFigure(plan, report, {
      medium,
      width: each,
      size: room.size,
      picture: index === 0 ? (picture ?? null) : null,
    }),
  );
  return `<section class="charts${pair ? ' pair' : ''}">${figures.join('\n')}</section>`;
}

export interface DetailsLayout {
  readonly medium: Medium;
  readonly room: TableRoom;
  /** The rows as text, where the caller has them; without `most`. */
  readonly texts?: readonly TextColumn[];
  /** Rows beyond these are left out and said so. */
  readonly most?: number;
}

/** The rows themselves. */
export function details(report: ReportDocument, { medium, room, texts, most }: DetailsLayout): string {
  const shown =
    most === undefined || report.rows.length <= most ? report : { ...report, rows: report.rows.slice(0, most) };
  const words = wordsOf(report.locale);
  const cut = shown === report ? '' : firstRows(report, shown.rows.length);
  const count = escapeHtml(counted(words.rows, report.rows.length, report.locale));
  return `<section class="details"><h2>${escapeHtml(words.details)} <span>· ${count}</span></h2>${renderTable(shown, medium, room, shown === report ? texts : undefined)}${cut}</section>`;
}

/** That a table goes on. */
export const firstRows = (report: ReportDocument, shown: number): string => {
  const number = numberFormat(report.locale);
  const values = { shown: number.format(shown), all: rowCount(report) };
  return `<p class="note">${escapeHtml(filled(wordsOf(report.locale).first_rows, values))}</p>`;
};

/** Where the numbers come from. */
export function about(facts: PageFacts): string {
  const sources = sourceFacts(facts).map(
    ({ source, asOf }) => `<bdi><b>${escapeHtml(source)}</b> ${escapeHtml(asOf)}</bdi>`,
  );
  const { time_zone } = facts.period;
  const words = wordsOf(facts.locale);
  const said = (text: string, values: Readonly<Record<string, string>>): string => escapeHtml(filled(text, values));
  const made = formatInstant(facts.generatedAt, time_zone, facts.locale);
  const lines = [
    `${escapeHtml(words.data_as_of)}: ${sources.join(' · ') || escapeHtml(words.no_rows_yet)}`,
    `${said(words.definitions, { version: '\u0000' }).replace('\u0000', () => `<b>${escapeHtml(definitionVersion(facts))}</b>`)} · ${said(words.made, { time: made })} · ${said(words.times_in, { zone: time_zone })}`,
    ...(facts.branding?.footer ? [`<bdi>${escapeHtml(facts.branding.footer)}</bdi>`] : []),
  ];
  return `<footer class="about">${lines.map((line) => `<p>${line}</p>`).join('')}</footer>`;
}
