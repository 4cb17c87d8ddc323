import { dashboard } from '../reports/render/sample-dashboard.js';
import { report } from '../reports/render/sample-reports.js';
import type { MailContent } from './report-files.js';
import { reportMail } from './report-mail.js';

const cover = report({ title: dashboard.title, isCover: true, totals: null });
const content: MailContent = {
  report: cover,
  dashboard,
  chart: { width: 600, height: 240 },
  files: [],
  subject: 'Spend {{metric.spend}}, clicks {{metric.clicks}}, margin {{metric.margin}}',
  message: null,
  finding: null,
  remarks: [],
};
const written = reportMail(
  content,
  { due_at: new Date(0), due_local: null },
  { chart: 'cid:chart@report', links: [], browserUrl: null, unsubscribeUrl: null },
);

test('the mail of a dashboard shows the first picture that it draws, with its title and a text in its place', () => {
  expect(written.html.match(/cid:chart@report/g)).toHaveLength(1);
  expect(written.html).toMatch(
    /<figcaption[^>]*>Spend and return<\/figcaption><img src="cid:chart@report"[^>]* alt="Bar chart/,
  );
});

test('its templates name metrics of all of its widgets, of several with the same the first', () => {
  expect(written.subject).toBe('Spend $92,110, clicks 402,118, margin –');
});

test('a metric that a template names and the report lost is told of, once, in the reader’s language', () => {
  const german = reportMail(
    { ...content, report: { ...cover, locale: 'de-DE' }, message: 'Marge: {{metric.margin}}, {{ metric.spend }}' },
    { due_at: new Date(0), due_local: null },
    { chart: null, links: [], browserUrl: null, unsubscribeUrl: null },
  );
  const told =
    'Betreff oder Nachricht nennen die Kennzahl „margin“, die der Bericht nicht mehr enthält; an ihrer Stelle steht „–“.';
  expect(german.text.split(told)).toHaveLength(2);
  expect(german.html).toContain(told);
  expect(german.text).not.toContain('„spend“');
});
