import { planCharts, type ChartPlan } from './chart-plan.js';
import { renderChartSvg } from './chart-svg.js';
import type { ReportDocument } from './document.js';
import { fontFaces } from './fonts.js';
import { formatInstant } from './format.js';
import { escapeHtml } from './html-text.js';
import { pageStyle } from './page-style.js';
import { OVERLAY_COLOUR, seriesColour } from './palette.js';
import { definitionVersion, headlines, noticeTexts, periodText, rowCount, sourceFacts } from './report-facts.js';
import { isKeyFigures, renderTable } from './report-table.js';

const MOST_PORTRAIT_COLUMNS = 7;
const MOST_COMFORTABLE_COLUMNS = 14;
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
    `<section class="table"><h2>Details <span>· ${rowCount(report)} ${report.rows.length === 1 ? 'row' : 'rows'}</span></h2>${renderTable(report)}</section>`,
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

function masthead(report: ReportDocument): string {
  const { time_zone } = report.period;
  const filters = report.filtersText.length === 0 ? [] : [['Filters', escapeHtml(report.filtersText.join('; '))]];
  const facts = [
    ['Period', `${escapeHtml(periodText(report))} <span class="zone">(${escapeHtml(time_zone)})</span>`],
    ...filters,
  ];
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
  const texts = noticeTexts(report);
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
  const sources = sourceFacts(report).map(
    ({ source, asOf }) => `<span><b>${escapeHtml(source)}</b> ${escapeHtml(asOf)}</span>`,
  );
  const { time_zone } = report.period;
  const made = formatInstant(report.generatedAt, time_zone, report.locale);
  const lines = [
    sources.length > 0 ? `Data as of: ${sources.join(' · ')}` : 'Data as of: no source has rows yet',
    `Metric definitions: version <b>${escapeHtml(definitionVersion(report))}</b> · Made ${escapeHtml(made)} · Times in ${escapeHtml(time_zone)}`,
  ];
  return `<section class="about">${lines.map((line) => `<p>${line}</p>`).join('')}</section>`;
}
