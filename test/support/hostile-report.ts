import type { ReportDocument } from '../../src/reports/render/document.js';
import { column, report } from '../../src/reports/render/sample-reports.js';

const NAME = column('name', 'Name', { role: 'dimension', type: 'string' });
const SPEND = column('spend', 'Spend', { type: 'currency', unit: 'USD' });

/** A report with texts as its rows, and in every other place where a user may write one. */
export const reportOf = (part: readonly string[]): ReportDocument => {
  const at = (index: number): string => part[index % part.length] ?? '';
  return report({
    title: at(0),
    organization: at(1),
    subtitle: at(2),
    period: { from: null, to: null, time_zone: 'UTC', label: at(3) },
    filtersText: [at(4), at(5)],
    columns: [{ ...NAME, label: at(6) }, { ...SPEND, label: at(7), unit: at(8) }, column('n', at(9), { unit: at(10) })],
    rows: part.map((name, index) => ({ name, spend: String(100 + index), n: index })),
    totals: { spend: at(11), n: 1 },
    additive: ['spend', 'n'],
    warnings: [at(12)],
    dataAsOf: { [at(13)]: at(14) },
    snapshot: at(15),
    branding: { name: at(16), accent: null, footer: at(17), logo: null },
    dashboardConfig: { chart: 'bar', title: at(18) },
  });
};
