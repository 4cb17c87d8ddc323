import PostalMime from 'postal-mime';
import { hostileMarkup } from '../../test/support/hostile-markup.js';
import { reportOf } from '../../test/support/hostile-report.js';
import { catchMails } from '../../test/support/mail-catcher.js';
import { onOneLine } from '../reports/render/html-text.js';
import { parseMailAddress } from './mail-address.js';
import { mailHtml, mailText } from './mail-body.js';
import { composeMail } from './mail-message.js';
import { fillTemplate } from './mail-template.js';
import { createMailer } from './mail.js';

const texts = hostileMarkup('http://127.0.0.1:9');

test('in a mail they add no header, no recipient and no part, and come back as text', async () => {
  const host = await catchMails();
  const mailer = createMailer({ smtpUrl: host.url, dataDir: '/nowhere', mailSeconds: 150 });
  try {
    for (const [index, text] of texts.entries()) {
      const document = reportOf([text, 'plain']);
      const body = { report: document, chart: null, files: [text], remarks: [text], message: text, withRows: true };
      const values = { report: text, organization: text, period: text, due_date: '', finding: text, metrics: {} };
      const subject = onOneLine(fillTemplate('{{report}} · {{finding}}', values));
      const to = { name: onOneLine(text), address: 'boss@example.com' };
      const from = { name: 'Reports', address: 'reports@example.com' };
      const raw = await composeMail({
        from,
        to,
        subject,
        text: mailText(body),
        html: mailHtml(body),
        inline: [],
        attachments: [],
        messageId: `<${index}@example.com>`,
        date: new Date('2026-02-02T14:00:00Z'),
        unsubscribeUrl: 'https://example.com/u/x',
      });
      const sent = await mailer.send(
        { from, to, raw, filename: 'x.eml', organizationId: '00000000-0000-4000-8000-000000000000' },
        async () => true,
      );
      expect(sent).toMatchObject({ outcome: 'accepted' });
    }
  } finally {
    await host.close();
  }
  expect([...host.mails.keys()]).toEqual(['boss@example.com']);
  const received = host.mails.get('boss@example.com') ?? [];
  expect(received).toHaveLength(texts.length);
  const headers = new Set<string>();
  for (const [index, raw] of received.entries()) {
    const text = texts[index] ?? '';
    const mail = await PostalMime.parse(raw);
    for (const { key } of mail.headers) headers.add(key);
    expect(mail.to?.map(({ address }) => address)).toEqual(['boss@example.com']);
    expect(mail.bcc ?? []).toEqual([]);
    expect(mail.attachments).toEqual([]);
    expect(mail.html).not.toMatch(/<(script|iframe|object|embed|link|base|form|input|video|audio|svg|style|img)\b/i);
    expect(mail.html?.match(/<meta /g)).toHaveLength(3);
    expect(mail.html).not.toMatch(/<[^>]* on[a-z]+=/i);
    const plain = (value: string): string => value.replaceAll(/[^\p{L}\p{N}<>"'=]/gu, '');
    expect(plain(mail.text ?? '')).toContain(plain(text));
  }
  expect([...headers].sort()).toEqual([
    'auto-submitted',
    'content-type',
    'date',
    'from',
    'list-unsubscribe',
    'list-unsubscribe-post',
    'message-id',
    'mime-version',
    'subject',
    'to',
    'x-auto-response-suppress',
  ]);
}, 120_000);

test('as recipients they are refused, or are one address and no more', () => {
  for (const text of texts) {
    for (const candidate of [text, `${text}@example.com`, `ann@${text}`, `${text} <ann@example.com>`]) {
      const parsed = parseMailAddress(candidate);
      if (parsed) expect(`${parsed.address}${parsed.name}`).not.toMatch(/[\r\n]/);
      if (parsed) expect(parsed.address).toMatch(/^[^\s@<>,;"]+@[^\s@<>,;"]+$/);
    }
  }
});
