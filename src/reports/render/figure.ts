import { describeChart } from './charts/describe.js';
import { SERIES_COLOURS } from './charts/palette.js';
import { renderChartSvg } from './charts/svg.js';
import type { ChartPlan, DrawnPlan, FunnelPlan, MatrixPlan, SharesPlan, StacksPlan, TimePlan } from './charts/types.js';
import type { Headline } from './report-facts.js';
import type { ReportDocument } from './document.js';
import { formatCell, formatLabel } from './format.js';
import { escapeHtml } from './html-text.js';
import { numberFormat } from './locale.js';
import type { Medium } from './medium.js';
import { filled, wordsOf } from './words/words.js';
import { columnBlocks, isLongText, type TableSize, type TextColumn } from './table-fit.js';

/** CSS pixels that a phone leaves for a chart. */
const PHONE_WIDTH = 326;
/** Shades of a heat map. */
const SHADES = 8;
/** Least width of a funnel's bars in em. */
const FUNNEL_BAR = 8;

/** A picture that stands for a chart where no SVG is shown. */
export interface Picture {
  /** `cid:…` of a part of the mail. */
  readonly source: string;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
}

export interface FigureOptions {
  readonly medium: Medium;
  /** CSS pixels between the margins of the column. */
  readonly width: number;
  /** How large its tables are set. */
  readonly size: TableSize;
  /** In mails, for what would be drawn. */
  readonly picture?: Picture | null;
  /** Where a title stands above it already. */
  readonly untitled?: boolean;
}

/** A chart with its title, its legend, and what the reader must know; markup where markup tells it better than a picture. */
export function renderFigure(plan: ChartPlan, report: ReportDocument, options: FigureOptions): string {
  const title = options.untitled ? '' : `<figcaption>${escapeHtml(plan.title)}</figcaption>`;
  const content = contentOf(plan, report, options);
  if (content === '') return '';
  // A picture shows its title, its legend and its note itself.
  if (options.medium === 'mail' && options.picture && content.startsWith('<img'))
    return `<figure class="figure">${content}</figure>`;
  const note = plan.note ? `<p class="note">${escapeHtml(plan.note)}</p>` : '';
  return `<figure class="figure ${plan.kind}">${title}${content}${note}</figure>`;
}

function contentOf(plan: ChartPlan, report: ReportDocument, options: FigureOptions): string {
  switch (plan.kind) {
    case 'tiles':
      return '';
    case 'funnel':
      return funnelTable(plan, report);
    case 'matrix':
      return matrixTable(plan, report, options);
    case 'shares':
    case 'time':
    case 'bars':
    case 'stacks':
    case 'scatter':
      return drawn(plan, report, options);
    default:
      return plan satisfies never;
  }
}

function drawn(plan: DrawnPlan, report: ReportDocument, { medium, width, picture }: FigureOptions): string {
  if (medium === 'mail') {
    // The picture shows its title and legend itself.
    return picture ? renderPicture(picture, describeChart(plan, report)) : '';
  }
  const accent = isSingle(plan) ? (report.branding?.accent ?? null) : null;
  if (plan.kind === 'shares') {
    return `<div class="sides">${renderChartSvg(plan, report, width)}${sharesLegend(plan, report)}</div>`;
  }
  const svg = renderChartSvg(plan, report, width, accent);
  const legends = plan.kind === 'time' || plan.kind === 'stacks' ? seriesLegend(plan) : '';
  if (medium === 'print' || width <= PHONE_WIDTH) return legends + svg;
  const narrow = forPhone(plan).map((part) => renderChartSvg(part, report, PHONE_WIDTH, accent));
  return `${legends}<div class="on-wide">${svg}</div><div class="on-phone">${narrow.join('')}</div>`;
}

export const renderPicture = ({ source, width, height }: Picture, alt: string): string =>
  `<img class="chart" src="${escapeHtml(source)}" width="${width}" height="${height}" alt="${escapeHtml(alt)}">`;

const isSingle = (plan: DrawnPlan): boolean =>
  plan.kind === 'scatter' ||
  (plan.kind === 'time' && plan.series.length === 1) ||
  (plan.kind === 'bars' && plan.panels.length === 1);

/** Panels side by side come one below the other where there is no room. */
function forPhone(plan: DrawnPlan): readonly DrawnPlan[] {
  if (plan.kind !== 'bars' || plan.panels.length < 2) return [plan];
  return plan.panels.map((panel) => ({ ...plan, panels: [panel], isNamed: true }));
}

/** Bars and points carry their names; several series, or parts of a bar, need a legend. */
function seriesLegend(plan: TimePlan | StacksPlan): string {
  const overlay = plan.kind === 'time' ? plan.overlay : null;
  if (plan.series.length < 2 && !overlay) return '';
  const key = plan.kind === 'time' && plan.shape === 'lines' ? 'key line' : 'key';
  const entry = (name: string, classes: string): string =>
    `<li><i class="${classes}"></i><span>${escapeHtml(name)}</span></li>`;
  const entries = plan.series.map(({ name, other }, index) => entry(name, `${key} ${keyColour(index, other)}`));
  if (overlay) entries.push(entry(overlay.column.label, 'key line key-overlay'));
  return `<ul class="legend">${entries.join('')}</ul>`;
}

const keyColour = (index: number, other: boolean): string =>
  other ? 'key-other' : `key-${index % SERIES_COLOURS.length}`;

function sharesLegend(plan: SharesPlan, report: ReportDocument): string {
  const words = wordsOf(report.locale);
  const whole = plan.slices.reduce((sum, slice) => sum + slice.value, 0);
  const percent = numberFormat(report.locale, {
    style: 'percent',
    maximumFractionDigits: 1,
    minimumFractionDigits: 1,
  });
  const lines = plan.slices.map(
    ({ name, value, other }, index) =>
      `<tr><th scope="row"><i class="key ${keyColour(index, other)}"></i><bdi>${escapeHtml(name)}</bdi></th><td>${escapeHtml(formatLabel(value, plan.column, report))}</td><td>${whole > 0 ? percent.format(value / whole) : ''}</td></tr>`,
  );
  const head = `<tr class="unseen"><th scope="col">${escapeHtml(words.part)}</th><th scope="col">${escapeHtml(plan.column.label)}</th><th scope="col">${escapeHtml(words.share)}</th></tr>`;
  return `<table class="shares-list"><thead>${head}</thead><tbody>${lines.join('')}</tbody></table>`;
}

/** A funnel as columns of text, beside its bars. */
export function funnelTexts(plan: FunnelPlan, report: ReportDocument): readonly TextColumn[] {
  const words = wordsOf(report.locale);
  const first = plan.steps[0]?.value ?? 0;
  const percent = numberFormat(report.locale, { style: 'percent', maximumSignificantDigits: 3 });
  const share = (value: number, of: number): string => (of > 0 ? percent.format(value / of) : '–');
  const before = (at: number): number => plan.steps[at - 1]?.value ?? 0;
  const number = (head: string, cells: readonly string[]): TextColumn => ({ head, cells, isNumber: true });
  return [
    { head: words.step, cells: plan.steps.map(({ name }) => name), isNumber: false },
    number(
      words.value,
      plan.steps.map(({ value, column }) => formatLabel(value, column, report)),
    ),
    number(
      words.of_step_before,
      plan.steps.map(({ value }, at) => (at === 0 ? '' : share(value, before(at)))),
    ),
    number(
      words.of_first,
      plan.steps.map(({ value }, at) => (at === 0 ? '' : share(value, first))),
    ),
    { head: words.size, cells: ['\u2003'.repeat(FUNNEL_BAR)], isNumber: true },
  ];
}

function funnelTable(plan: FunnelPlan, report: ReportDocument): string {
  const most = Math.max(...plan.steps.map(({ value }) => value), 0);
  const [names, ...numbers] = funnelTexts(plan, report).slice(0, 4);
  const { size } = wordsOf(report.locale);
  const long = names?.cells.some(isLongText) ? ' class="long"' : '';
  const lines = plan.steps.map(({ name, value }, at) => {
    const width = most > 0 ? Math.max(0.4, (100 * value) / most) : 0;
    const bar = `<div class="step" style="width:${width.toFixed(2)}%"></div>`;
    const cells = numbers.map(({ cells: texts }) => `<td class="number">${escapeHtml(texts[at] ?? '')}</td>`);
    return `<tr><th scope="row"${long}>${escapeHtml(name)}</th><td class="bar">${bar}</td>${cells.join('')}</tr>`;
  });
  const heads = numbers.map(({ head }) => `<th scope="col" class="number">${escapeHtml(head)}</th>`);
  const head = `<tr><th scope="col">${escapeHtml(names?.head ?? '')}</th><th scope="col"><span class="unseen">${escapeHtml(size)}</span></th>${heads.join('')}</tr>`;
  return `<div class="scroll"><table class="funnel-steps"><thead>${head}</thead><tbody>${lines.join('')}</tbody></table></div>`;
}

/** A matrix as columns of text: the names of its rows, its values, and their totals where they add up. */
export function matrixTexts(plan: MatrixPlan, report: ReportDocument): readonly TextColumn[] {
  const text = (value: number | null): string => formatCell(value, plan.column, report);
  const hasTotals = plan.rows.some(({ total }) => total !== null);
  return [
    { head: plan.rowKey.label, cells: plan.rows.map(({ name }) => name), isNumber: false },
    ...plan.heads.map((head, at) => ({
      head,
      cells: plan.rows.map(({ values }) => text(values[at] ?? null)),
      isNumber: true,
    })),
    ...(hasTotals
      ? [{ head: wordsOf(report.locale).total, cells: plan.rows.map(({ total }) => text(total)), isNumber: true }]
      : []),
  ];
}

function matrixTable(plan: MatrixPlan, report: ReportDocument, { medium, width, size }: FigureOptions): string {
  const values = plan.rows.flatMap((row) => row.values.filter((value) => value !== null));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const shade = (value: number): number =>
    most === least ? SHADES / 2 : Math.round(((value - least) / (most - least)) * (SHADES - 1)) + 1;
  const texts = matrixTexts(plan, report);
  const all = { columns: texts.map((_text, index) => index), isTight: false };
  const blocks = medium === 'print' ? columnBlocks(texts, new Set([0]), { width, size }) : [all];
  const long = texts[0]?.cells.some(isLongText) ? ' class="long"' : '';
  const cell = (at: number, row: MatrixPlan['rows'][number], line: number): string => {
    const text = escapeHtml(texts[at]?.cells[line] ?? '');
    if (at === 0) return `<th scope="row"${long}>${text}</th>`;
    if (at > plan.heads.length) return `<td class="number total">${text}</td>`;
    const value = row.values[at - 1] ?? null;
    const classes = ['number', ...(value === null ? ['empty'] : plan.shaded ? [`shade shade-${shade(value)}`] : [])];
    return `<td class="${classes.join(' ')}">${value === null && plan.shaded ? '' : text}</td>`;
  };
  const tables = blocks.map(({ columns, isTight }) => {
    const head = columns.map(
      (at) => `<th scope="col"${at === 0 ? '' : ' class="number"'}>${escapeHtml(texts[at]?.head ?? '')}</th>`,
    );
    const body = plan.rows.map((row, line) => `<tr>${columns.map((at) => cell(at, row, line)).join('')}</tr>`);
    const classes = ['matrix', ...(plan.shaded ? ['shaded'] : []), ...(isTight ? ['tight'] : [])];
    return `<div class="scroll"><table class="${classes.join(' ')}"><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('')}</tbody></table></div>`;
  });
  return tables.join('');
}

/** Key figures as tiles, with how each has changed where the report compares. */
export function renderTiles(items: readonly Headline[], locale: string): string {
  if (items.length === 0) return '';
  const words = wordsOf(locale);
  const arrow = { up: '▲', down: '▼', same: '=' };
  const said = { up: words.up, down: words.down, same: words.unchanged };
  return `<ul class="tiles">${items
    .map(({ label, value, change }) => {
      const moved = change
        ? `<span class="change"><span aria-hidden="true">${arrow[change.direction]} </span><span class="unseen">${escapeHtml(said[change.direction])} </span>${escapeHtml(change.text)} <span class="before">${escapeHtml(filled(words.from, { value: change.previous }))}</span></span>`
        : '';
      return `<li class="tile"><span class="label">${escapeHtml(label)}</span><span class="value">${escapeHtml(value)}</span>${moved}</li>`;
    })
    .join('')}</ul>`;
}
