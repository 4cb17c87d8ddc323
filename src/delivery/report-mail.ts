/** What the mail of a report says. Pure. */
import { onOneLine } from '../reports/render/html-text.js';
import { headlines, periodText } from '../reports/render/report-facts.js';
import { mailHtml, mailText, type MailBodyInput } from './mail-body.js';
import { fillTemplate } from './mail-template.js';
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
      finding: finding ?? '',
      metrics: Object.fromEntries(headlines(report, Number.POSITIVE_INFINITY).map(({ key, value }) => [key, value])),
    });
  const body: MailBodyInput = {
    report,
    chart: chart !== null && content.chart ? { source: chart, ...content.chart } : null,
    files: content.files.filter(({ isAttached }) => isAttached).map(({ filename }) => filename),
    remarks: finding === null ? content.remarks : [finding, ...content.remarks],
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

/** One line, whatever names and values hold. */
export const headerLine = (text: string): string => onOneLine(text);
