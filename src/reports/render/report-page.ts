import { planCharts, type ChartPlan } from './chart-plan.js';
import { renderChartSvg } from './chart-svg.js';
import type { ReportDocument } from './document.js';
import { fontFaces } from './fonts.js';
import { decimalOf, formatHeadline, formatInstant, formatPeriod, isNumeric } from './format.js';
import { escapeHtml } from './html-text.js';
import { pageStyle } from './page-style.js';
import { OVERLAY_COLOUR, seriesColour } from './palette.js';
import { isKeyFigures, renderTable } from './report-table.js';

const MOST_PORTRAIT_COLUMNS = 7;
const MOST_COMFORTABLE_COLUMNS = 14;
const MOST_TILES = 5;
/** CSS pixels between the margins of a page. */
const PORTRAIT_WIDTH = 680;
const LANDSCAPE_WIDTH = 1009;

/**
 * A report as one HTML document: no script, no network, one style sheet, fonts inside, every text escaped. It prints as
 * A4, landscape when it has many columns.
 */
export function renderReportPage(report: ReportDocument): string {
  const landscape = report.columns.length > MOST_PORTRAIT_COLUMNS && !isKeyFigures(report);
  const classes = [landscape ? 'landscape' : '', report.columns.length > MOST_COMFORTABLE_COLUMNS ? 'wide' : ''].filter(
    (name) => name !== '',
  );
  const body = [
    masthead(report),
    tiles(report),
    notices(report),
    charts(report, landscape),
    `<section class="table"><h2>Details <span>· ${count(report)} ${report.rows.length === 1 ? 'row' : 'rows'}</span></h2>${renderTable(report)}</section>`,
    about(report),
  ].join('\n');
  const style = pageStyle({
    landscape,
    header: `${report.title} · ${report.organization}`,
    footer: `${report.organization} · ${formatInstant(report.generatedAt, report.period.time_zone, report.locale)} ${report.period.time_zone}`,
  });
  return `<!doctype html>
<html lang="${escapeHtml(report.locale)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(`${report.title} · ${report.organization}`)}</title>
<style>${fontFaces(body + report.title + report.organization)}${style}</style>
</head>
<body class="${classes.join(' ')}">
${body}
</body>
</html>`;
}

/** Up to five headline numbers, from the totals or from the only row. */
export function headlines(report: ReportDocument): readonly { readonly label: string; readonly value: string }[] {
  const source = report.totals ?? (report.rows.length === 1 ? report.rows[0] : null);
  if (!source) return [];
  return report.columns
    .filter((column) => column.role === 'metric' && isNumeric(column))
    .flatMap((column) => {
      const value = decimalOf(source[column.name]);
      return value ? [{ label: column.label, value: formatHeadline(value, column, report) }] : [];
    })
    .slice(0, MOST_TILES);
}

function masthead(report: ReportDocument): string {
  const { from, to, time_zone, label } = report.period;
  const dates = formatPeriod(from, to, time_zone, report.locale);
  const period = label === '' || label === dates ? dates : `${label}: ${dates}`;
  const filters = report.filtersText.length === 0 ? [] : [['Filters', escapeHtml(report.filtersText.join('; '))]];
  const facts = [['Period', `${escapeHtml(period)} <span class="zone">(${escapeHtml(time_zone)})</span>`], ...filters];
  return `<header class="masthead">
<p class="organization">${escapeHtml(report.organization)}</p>
<h1>${escapeHtml(report.title)}</h1>
${report.subtitle ? `<p class="subtitle">${escapeHtml(report.subtitle)}</p>` : ''}
<dl class="facts">${facts.map(([term, text]) => `<div><dt>${term}</dt><dd>${text}</dd></div>`).join('')}</dl>
</header>`;
}

function tiles(report: ReportDocument): string {
  const items = headlines(report).map(
    ({ label, value }) =>
      `<li><span class="label">${escapeHtml(label)}</span><span class="value">${escapeHtml(value)}</span></li>`,
  );
  return items.length === 0 ? '' : `<ul class="tiles">${items.join('')}</ul>`;
}

function notices(report: ReportDocument): string {
  const texts = [
    ...(report.truncated
      ? [
          `Only the first ${count(report)} rows are shown; there are more.${report.totals ? ' The totals cover all of them.' : ''}`,
        ]
      : []),
    ...(report.rows.length === 0 ? ['No data matched this report’s period and filters.'] : []),
    ...report.warnings,
  ];
  if (texts.length === 0) return '';
  return `<ul class="notice">${texts.map((text) => `<li>${escapeHtml(text)}</li>`).join('')}</ul>`;
}

/** One below the other, or side by side where the page is wide. */
function charts(report: ReportDocument, landscape: boolean): string {
  const plans = planCharts(report);
  if (plans.length === 0) return '';
  const pair = landscape && plans.length === 2;
  const width = pair ? LANDSCAPE_WIDTH / 2 - 17 : landscape ? LANDSCAPE_WIDTH : PORTRAIT_WIDTH;
  return `<section class="charts${pair ? ' pair' : ''}">${plans.map((plan) => figure(plan, report, width)).join('\n')}</section>`;
}

function figure(plan: ChartPlan, report: ReportDocument, width: number): string {
  return `<figure>
<figcaption>${escapeHtml(plan.title)}</figcaption>
${legend(plan)}
${renderChartSvg(plan, report, width)}
${plan.note ? `<p class="note">${escapeHtml(plan.note)}</p>` : ''}
</figure>`;
}

/** Bars and slices carry their names; only series over time need a legend, and a single one is named by the title. */
function legend(plan: ChartPlan): string {
  if (plan.kind !== 'time' || (plan.series.length < 2 && !plan.overlay)) return '';
  const line = plan.shape === 'lines' ? ' class="line"' : '';
  const entries = plan.series.map(
    ({ name, other }, index) =>
      `<li><i${line} style="background:${seriesColour(index, other)}"></i><span>${escapeHtml(name)}</span></li>`,
  );
  const overlay = plan.overlay
    ? [
        `<li><i class="line" style="background:${OVERLAY_COLOUR}"></i><span>${escapeHtml(plan.overlay.column.label)}</span></li>`,
      ]
    : [];
  return `<ul class="legend">${[...entries, ...overlay].join('')}</ul>`;
}

function about(report: ReportDocument): string {
  const { time_zone } = report.period;
  const instant = (iso: string): string => formatInstant(iso, time_zone, report.locale);
  const sources = Object.entries(report.dataAsOf).map(
    ([source, iso]) => `<b>${escapeHtml(source)}</b> ${escapeHtml(instant(iso))}`,
  );
  const lines = [
    sources.length > 0 ? `Data as of: ${sources.join(' · ')}` : 'Data as of: no source has rows yet',
    `Metric definitions: version <b>${escapeHtml(report.snapshot.slice(0, 12))}</b> · Made ${escapeHtml(instant(report.generatedAt))} · Times in ${escapeHtml(time_zone)}`,
  ];
  return `<section class="about">${lines.map((line) => `<p>${line}</p>`).join('')}</section>`;
}

const count = (report: ReportDocument): string => new Intl.NumberFormat(report.locale).format(report.rows.length);
