/** What the mail of a report says. Pure. */
import type { ReportDocument } from '../reports/render/document.js';
import { onOneLine } from '../reports/render/html-text.js';
import { kept, said } from '../reports/render/words/said.js';
import { periodText, totalTexts } from '../reports/render/report-facts.js';
import { mailHtml, mailText, type MailBodyInput } from './mail-body.js';
import { fillTemplate, metricsNamed } from './mail-template.js';
import type { Occurrence } from './occurrence.entity.js';
import type { MailContent } from './report-files.js';

/** What leads out of a mail. */
export interface MailLinks {
  /** `cid:…` or `data:…` of the chart's picture; null without one. */
  readonly chart: string | null;
  /** The same of the logo. */
  readonly logo?: string | null;
  /** Files that are too large to be attached. */
  readonly links: NonNullable<MailBodyInput['links']>;
  readonly browserUrl: string | null;
  readonly unsubscribeUrl: string | null;
}

export interface WrittenMail {
  /** One line. */
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Subject and both bodies. @param due names the time that the report is for */
export function reportMail(
  content: MailContent,
  due: Pick<Occurrence, 'due_at' | 'due_local'>,
  { chart, ...links }: MailLinks,
): WrittenMail {
  const { report, finding } = content;
  const filled = (template: string): string =>
    fillTemplate(template, {
      report: report.title,
      organization: report.branding?.name ?? report.organization,
      period: periodText(report),
      due_date: (due.due_local ?? due.due_at.toISOString()).slice(0, 10),
      finding: finding === null ? '' : said(finding, report.locale),
      metrics: metricTexts(content),
    });
  const body: MailBodyInput = {
    report,
    dashboard: content.dashboard ?? null,
    chart: chart !== null && content.chart ? { source: chart, ...content.chart } : null,
    files: content.files.filter(({ isAttached }) => isAttached).map(({ filename }) => filename),
    remarks: [...(finding === null ? [] : [finding]), ...content.remarks, ...metricsGone(content)],
    message: content.message === null ? null : filled(content.message),
    withRows: content.withRows ?? false,
    ...links,
  };
  const subject =
    content.subject === null
      ? `${report.title} · ${report.branding?.name ?? report.organization}`
      : filled(content.subject);
  return { subject: headerLine(subject), text: mailText(body), html: mailHtml(body) };
}

/** One remark for each metric that was there when the templates were saved and is no longer. */
function metricsGone(content: MailContent): readonly string[] {
  const there = new Set(reportsOf(content).flatMap(({ columns }) => columns.map(({ name }) => name)));
  return metricsNamed(`${content.subject ?? ''} ${content.message ?? ''}`)
    .filter((metric) => !there.has(metric))
    .map((metric) => kept('named_metric_gone', { metric }));
}

/** What templates may name; of a dashboard the metrics of all widgets, of several with the same metric the first. */
const metricTexts = (content: MailContent): Readonly<Record<string, string>> =>
  Object.assign({}, ...reportsOf(content).map(totalTexts).reverse()) as Record<string, string>;

const reportsOf = ({ report, dashboard }: MailContent): readonly ReportDocument[] => [
  report,
  ...(dashboard?.widgets ?? []).flatMap((widget) => widget.report ?? []),
];

/** One line, whatever names and values hold. */
export const headerLine = (text: string): string => onOneLine(text);
