import { renderDashboardPage } from '../reports/render/dashboard-page.js';
import type { DashboardDocument, ReportDocument } from '../reports/render/document.js';
import { renderReportPage } from '../reports/render/report-page.js';

/** The page of whatever was run. @param medium `web` also serves narrow and dark screens */
export const runPage = (
  run: { readonly document: ReportDocument; readonly dashboard?: DashboardDocument | null },
  medium: 'print' | 'web' = 'print',
): string =>
  run.dashboard ? renderDashboardPage(run.dashboard, { medium }) : renderReportPage(run.document, { medium });
