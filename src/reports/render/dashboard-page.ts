import { describeChart } from './charts/describe.js';
import { planCharts } from './charts/plan.js';
import type { DashboardDocument, DashboardWidget, ReportDocument, WidgetWidth } from './document.js';
import { funnelTexts, matrixTexts, renderFigure, renderPicture, renderTiles, type Picture } from './figure.js';
import { escapeHtml } from './html-text.js';
import type { Medium } from './medium.js';
import { headlines, noticeTexts, periodText } from './report-facts.js';
import { isKeyFigures, renderTable, tableTexts } from './report-table.js';
import { LANDSCAPE_WIDTH } from './report-page.js';
import { about, firstRows, logoData, masthead } from './sections.js';
import { wordsOf, type Words } from './words/words.js';
import { shell } from './shell.js';
import { tableWidth, type TextColumn } from './table-fit.js';

/** CSS pixels of a screen on which a dashboard's charts have the size that they were drawn for. */
export const DASHBOARD_SCREEN = 1_168;
const GAP = 26;
const column = (LANDSCAPE_WIDTH - 5 * GAP) / 6;
const spanned = (columns: number): number => Math.floor(columns * column + (columns - 1) * GAP);
/** CSS pixels of a widget's content. */
const WIDTHS: Readonly<Record<WidgetWidth, number>> = {
  full: spanned(6),
  two_thirds: spanned(4),
  half: spanned(3),
  third: spanned(2),
};
const WIDTHS_BY_SIZE = ['third', 'half', 'two_thirds', 'full'] as const;
const SIZE = 'landscape';
/** Rows of a widget's table; a report shows them all. */
const MOST_ROWS = 50;

/** Several results as one document, in a grid of six columns; A4 landscape on paper, one below the other on a phone. */
export function renderDashboardPage(
  dashboard: DashboardDocument,
  { medium = 'print' }: { readonly medium?: Exclude<Medium, 'mail'> } = {},
): string {
  const own = periodText(dashboard);
  const body = [
    masthead(dashboard, logoData(dashboard)),
    `<div class="widgets">${dashboard.widgets.map((widget) => renderWidget(widget, own, medium, wordsOf(dashboard.locale))).join('\n')}</div>`,
    about(dashboard),
  ].join('\n');
  return shell(dashboard, body, {
    medium,
    landscape: true,
    classes: ['landscape', 'dashboard'],
    screenWidth: 1_120,
  });
}

/** The first picture of a dashboard, for its mail; nothing where it has none. */
export function firstPicture({ widgets }: DashboardDocument, picture: Picture | null): string {
  if (picture === null) return '';
  for (const { title, report } of widgets) {
    const plan = report?.rows.length ? planCharts(report)[0] : undefined;
    if (!report || !plan || plan.kind === 'tiles') continue;
    const isDrawn = plan.kind !== 'funnel' && plan.kind !== 'matrix';
    const alt = isDrawn ? describeChart(plan, report) : title;
    // A picture with a title of its own shows it.
    const caption = report.dashboardConfig?.title === undefined ? `<figcaption>${escapeHtml(title)}</figcaption>` : '';
    return `<figure class="figure">${caption}${renderPicture(picture, alt)}</figure>`;
  }
  return '';
}

function renderWidget(widget: DashboardWidget, period: string, medium: Medium, words: Words): string {
  const { report } = widget;
  const width = report !== null && medium === 'print' ? roomyWidth(report, widget.width) : widget.width;
  const content =
    report === null
      ? widget.text
        ? `<p class="words" dir="auto">${escapeHtml(widget.text)}</p>`
        : `<p class="problem">${escapeHtml(widget.problem ?? words.not_shown)}</p>`
      : reportContent(report, WIDTHS[width], period, medium);
  const isLong = report !== null && report.rows.length > 20 && drawnNothing(report);
  return `<section class="widget ${width}${isLong ? ' long-table' : ''}"><h2 dir="auto">${escapeHtml(widget.title)}</h2>${content}</section>`;
}

function reportContent(report: ReportDocument, width: number, period: string, medium: Medium): string {
  const own = periodText(report);
  const facts = [...(own === period ? [] : [own]), ...report.filtersText];
  const head = facts.length > 0 ? `<p class="own" dir="auto">${escapeHtml(facts.join(' · '))}</p>` : '';
  const notes = noticeTexts(report)
    .map((text) => `<p class="note" dir="auto">${escapeHtml(text)}</p>`)
    .join('');
  if (report.rows.length === 0)
    return `${head}<p class="empty-widget">${escapeHtml(wordsOf(report.locale).no_data)}</p>`;
  if (report.dashboardConfig?.chart === 'tiles') return head + renderTiles(headlines(report), report.locale) + notes;
  const plans = planCharts(report).slice(0, 1);
  const figures = plans.map((plan) =>
    renderFigure(plan, report, {
      medium,
      width,
      size: SIZE,
      untitled: report.dashboardConfig?.title === undefined,
    }),
  );
  if (figures.length > 0) return head + figures.join('') + notes;
  const shown = shownRows(report);
  const cut = shown.rows.length < report.rows.length ? firstRows(report, shown.rows.length) : '';
  return head + renderTable(shown, medium, { width, size: SIZE }) + cut + notes;
}

const shownRows = (report: ReportDocument): ReportDocument => ({ ...report, rows: report.rows.slice(0, MOST_ROWS) });

/** Paper can't be scrolled: a table that its widget has no room for gets as much of the row as it needs. */
function roomyWidth(report: ReportDocument, asked: WidgetWidth): WidgetWidth {
  const texts = textsOf(report);
  if (texts === null) return asked;
  const needed = tableWidth(texts, SIZE);
  const wider = WIDTHS_BY_SIZE.find((width) => WIDTHS[width] >= Math.max(WIDTHS[asked], needed));
  return wider ?? 'full';
}

/** The columns of what would be set as a table; null for pictures and tiles. */
function textsOf(report: ReportDocument): readonly TextColumn[] | null {
  if (report.rows.length === 0 || report.dashboardConfig?.chart === 'tiles') return null;
  const [plan] = planCharts(report);
  if (plan?.kind === 'matrix') return matrixTexts(plan, report);
  if (plan?.kind === 'funnel') return funnelTexts(plan, report);
  return plan === undefined && !isKeyFigures(report) ? tableTexts(shownRows(report)) : null;
}

const drawnNothing = (report: ReportDocument): boolean => planCharts(report).length === 0;
