import type { ReportDocument } from './document.js';
import type { Medium } from './medium.js';
import { isKeyFigures, MOST_PRINTED_COLUMNS, tableTexts } from './report-table.js';
import { about, charts, details, logoData, masthead, notices, tiles } from './sections.js';
import { shell } from './shell.js';
import { tableWidth, type TableSize, type TextColumn } from './table-fit.js';

const MOST_PORTRAIT_COLUMNS = 7;
const MOST_COMFORTABLE_COLUMNS = 14;
/** CSS pixels between the margins of a page. */
export const PORTRAIT_WIDTH = 680;
export const LANDSCAPE_WIDTH = 1009;

/**
 * A report as one HTML document: no script, no network, one style sheet, fonts inside, every text escaped. It prints as
 * A4, landscape when it has many columns; as `web` it also serves narrow and dark screens.
 */
export function renderReportPage(
  report: ReportDocument,
  { medium = 'print' }: { readonly medium?: Exclude<Medium, 'mail'> } = {},
): string {
  const texts = isKeyFigures(report) ? [] : tableTexts(report);
  const size = sizeOf(texts);
  const landscape = size !== 'portrait';
  const room = { width: landscape ? LANDSCAPE_WIDTH : PORTRAIT_WIDTH, size };
  const body = [
    masthead(report, logoData(report)),
    tiles(report),
    notices(report),
    charts(report, { medium, room, paired: landscape }),
    details(report, { medium, room, texts }),
    about(report),
  ].join('\n');
  const classes = [...(landscape ? ['landscape'] : []), ...(size === 'wide' ? ['wide'] : [])];
  return shell(report, body, { medium, landscape, classes, screenWidth: landscape ? 1_120 : 820 });
}

/** By the number of columns, and by what they hold: many short ones stand as comfortably as few long ones. */
function sizeOf(texts: readonly TextColumn[]): TableSize {
  const fits = (most: number, size: TableSize, width: number): boolean =>
    texts.length <= most && tableWidth(texts, size) <= width;
  if (fits(MOST_PORTRAIT_COLUMNS, 'portrait', PORTRAIT_WIDTH)) return 'portrait';
  if (fits(MOST_COMFORTABLE_COLUMNS, 'landscape', LANDSCAPE_WIDTH)) return 'landscape';
  // What does not stand in one table even if set smaller is parted, and need not be smaller.
  return fits(MOST_PRINTED_COLUMNS, 'wide', LANDSCAPE_WIDTH) ? 'wide' : 'landscape';
}
