import type { ReportDocument } from './document.js';
import type { Medium } from './medium.js';
import { isKeyFigures } from './report-table.js';
import { about, charts, details, logoData, masthead, notices, tiles } from './sections.js';
import { shell } from './shell.js';

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
  const landscape = report.columns.length > MOST_PORTRAIT_COLUMNS && !isKeyFigures(report);
  const body = [
    masthead(report, logoData(report)),
    tiles(report),
    notices(report),
    charts(report, { medium, width: landscape ? LANDSCAPE_WIDTH : PORTRAIT_WIDTH, paired: landscape }),
    details(report, { medium }),
    about(report),
  ].join('\n');
  const classes = [
    ...(landscape ? ['landscape'] : []),
    ...(report.columns.length > MOST_COMFORTABLE_COLUMNS ? ['wide'] : []),
  ];
  return shell(report, body, { medium, landscape, classes, screenWidth: landscape ? 1_120 : 820 });
}
