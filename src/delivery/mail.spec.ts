import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { fewCategories } from '../reports/render/sample-reports.js';
import { parseMailAddress } from './mail-address.js';
import { mailHtml, mailText } from './mail-body.js';
import { composeMail, type MailMessage } from './mail-message.js';
import { createMailer, type Envelope } from './mail.js';

const yes = async (): Promise<boolean> => true;
const FROM = { name: 'Reports, daily', address: 'reports@example.com' };
const TO = { name: 'Ännie Boss', address: 'boss@example.com' };
const BODY = {
  report: fewCategories,
  chart: { source: 'cid:chart@report', width: 724, height: 147 },
  files: ['report.pdf'],
  remarks: ['A remark <b>'],
};

const message = (rest: Partial<MailMessage> = {}): MailMessage => ({
  from: FROM,
  to: TO,
  subject: 'Spend und Rückfluss · Größe',
  text: mailText(BODY),
  html: mailHtml(BODY),
  inline: [{ cid: 'chart@report', filename: 'chart.png', png: Buffer.from('png') }],
  attachments: [
    { filename: 'report.pdf', contentType: 'application/pdf', content: Buffer.from('%PDF-1.7') },
    { filename: 'report.csv', contentType: 'text/csv; charset=utf-8', content: Buffer.from('Größe\r\n1\r\n') },
  ],
  messageId: '<1@example.com>',
  date: new Date('2026-02-02T14:00:00Z'),
  ...rest,
});

const envelope = async (rest: Partial<Envelope> = {}): Promise<Envelope> => ({
  organizationId: '0198c0dd-0b8e-4c0f-b7c3-6f0c1b5f2a90',
  from: FROM,
  to: TO,
  raw: await composeMail(message()),
  filename: 'one.eml',
  ...rest,
});

async function expectWholeMail(raw: Buffer): Promise<void> {
  const mail = await PostalMime.parse(raw);
  expect(mail.subject).toBe('Spend und Rückfluss · Größe');
  expect(mail.from).toMatchObject(FROM);
  expect(mail.to).toMatchObject([TO]);
  expect(mail.messageId).toBe('<1@example.com>');
  expect(new Date(mail.date ?? '').toISOString()).toBe('2026-02-02T14:00:00.000Z');
  expect(mail.text).toContain('ROAS: 3.46');
  expect(mail.text).toContain('Attached: report.pdf');
  expect(mail.html).toContain('cid:chart@report');
  expect(mail.html).toContain('A remark &lt;b&gt;');
  expect(mail.attachments.map(({ filename, mimeType, disposition }) => [filename, mimeType, disposition])).toEqual([
    ['chart.png', 'image/png', 'inline'],
    ['report.pdf', 'application/pdf', 'attachment'],
    ['report.csv', 'text/csv', 'attachment'],
  ]);
  const csv = mail.attachments[2]?.content;
  expect(typeof csv === 'string' ? csv : Buffer.from(csv as ArrayBuffer).toString('utf8')).toBe('Größe\r\n1\r\n');
}

describe('addresses', () => {
  test.each([
    ['ann@example.com', { name: '', address: 'ann@example.com' }],
    ['Ann <Ann.B+x@EXAMPLE.com>', { name: 'Ann', address: 'Ann.B+x@example.com' }],
    ['ann@bücher.example', { name: '', address: 'ann@xn--bcher-kva.example' }],
    ['reports@localhost', { name: '', address: 'reports@localhost' }],
  ])('%s is one', (text, parsed) => {
    expect(parseMailAddress(text)).toEqual(parsed);
  });

  test.each([
    '',
    'ann',
    'a@b, c@d',
    'team: a@b.example, c@d.example;',
    'ann@example.com\r\nBcc: all@example.com',
    'ann@exa\nmple.com',
    '"a b"@example.com',
    'ann@-x.example',
    '.ann@example.com',
    'ann@example.com>',
    `${'a'.repeat(65)}@example.com`,
  ])('%j is none', (text) => {
    expect(parseMailAddress(text)).toBeNull();
  });

  test('a line end in a header is refused', async () => {
    await expect(composeMail(message({ subject: 'Hi\r\nBcc: all@example.com' }))).rejects.toThrow('line end');
    await expect(composeMail(message({ to: { name: 'a\nb', address: 'a@b.example' } }))).rejects.toThrow('line end');
  });
});

describe('outbox', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'outbox-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  test('a mail is a whole file with everything in it', async () => {
    const sent = await createMailer({ smtpUrl: null, dataDir, mailSeconds: 150 }).send(await envelope(), yes);
    expect(sent).toMatchObject({ outcome: 'accepted', filename: 'one.eml' });
    expect(await readdir(join(dataDir, 'outbox'))).toEqual(['one.eml']);
    await expectWholeMail(await readFile(join(dataDir, 'outbox', 'one.eml')));
  });

  test('withdrawn at the last moment leaves nothing behind', async () => {
    const sent = await createMailer({ smtpUrl: null, dataDir, mailSeconds: 150 }).send(
      await envelope(),
      async () => false,
    );
    expect(sent).toEqual({ outcome: 'withdrawn' });
    expect(await readdir(join(dataDir, 'outbox'))).toEqual([]);
  });

  test('a folder that can not be written is worth another attempt', async () => {
    await writeFile(join(dataDir, 'outbox'), 'a file');
    const sent = await createMailer({ smtpUrl: null, dataDir, mailSeconds: 150 }).send(await envelope(), yes);
    expect(sent).toMatchObject({ outcome: 'retry', reason: expect.stringContaining('EEXIST') as string });
  });
});

describe('SMTP', () => {
  const received: Buffer[] = [];
  let server: SMTPServer;
  beforeEach(() => received.splice(0));
  afterEach(() => new Promise<void>((resolve) => server.close(resolve)));

  const listen = async (options: SMTPServerOptions = {}): Promise<string> => {
    server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData: (stream, _session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          received.push(Buffer.concat(chunks));
          done(null, 'Ok: queued as 4F1' as never);
        });
      },
      ...options,
    });
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `smtp://127.0.0.1:${(server.server as { address(): AddressInfo }).address().port}`;
  };
  const send = async (smtpUrl: string, beforeData = yes) =>
    createMailer({ smtpUrl, dataDir: '/nowhere', mailSeconds: 150 }).send(await envelope(), beforeData);
  const refusal = (code: number, text: string): Error => Object.assign(new Error(text), { responseCode: code });

  test('the mail arrives whole, and the host’s answer is kept', async () => {
    const sent = await send(await listen());
    expect(sent).toMatchObject({ outcome: 'accepted', reply: '250 Ok: queued as 4F1', smtp_code: 250 });
    expect(received).toHaveLength(1);
    await expectWholeMail(received[0] ?? Buffer.alloc(0));
  });

  test('logs in with the credentials of the URL', async () => {
    const users: unknown[] = [];
    const url = await listen({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (auth, _session, done) => {
        users.push([auth.username, auth.password]);
        done(null, { user: auth.username ?? '' });
      },
    });
    expect(await send(url.replace('smtp://', 'smtp://me%40x:s%3Acret@'))).toMatchObject({ outcome: 'accepted' });
    expect(users).toEqual([['me@x', 's:cret']]);
  });

  test('a recipient refused for good is rejected, for now is tried again', async () => {
    const url = await listen({ onRcptTo: (_address, _session, done) => done(refusal(550, 'No such user')) });
    expect(await send(url)).toMatchObject({ outcome: 'rejected', smtp_code: 550, reply: '550 No such user' });
    await new Promise<void>((resolve) => server.close(resolve));
    const busy = await listen({ onRcptTo: (_address, _session, done) => done(refusal(451, 'Greylisted')) });
    expect(await send(busy)).toMatchObject({ outcome: 'retry', smtp_code: 451 });
    expect(received).toEqual([]);
  });

  test('a message refused after DATA is rejected', async () => {
    const url = await listen({
      onData: (stream, _session, done) => {
        stream.resume();
        stream.on('end', () => done(refusal(554, 'Looks like spam')));
      },
    });
    expect(await send(url)).toMatchObject({ outcome: 'rejected', smtp_code: 554 });
  });

  test('a bad password is our trouble, not the recipient’s', async () => {
    const url = await listen({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(refusal(535, 'Wrong password')),
    });
    expect(await send(url.replace('smtp://', 'smtp://me:no@'))).toMatchObject({ outcome: 'retry', smtp_code: 535 });
  });

  test('withdrawn right before the message: nothing arrives', async () => {
    expect(await send(await listen(), async () => false)).toEqual({ outcome: 'withdrawn' });
    expect(received).toEqual([]);
  });

  test('the answer is lost after the message: unknown', async () => {
    let sockets: Socket[] = [];
    const url = await listen({
      onData: (stream) => {
        stream.resume();
        stream.on('end', () => sockets.forEach((socket) => socket.destroy()));
      },
    });
    (server.server as unknown as NodeJS.EventEmitter).on('connection', (socket: Socket) => (sockets = [socket]));
    expect(await send(url)).toMatchObject({ outcome: 'unknown' });
  });

  test('the connection is lost before the message: tried again', async () => {
    const url = await listen({
      onMailFrom: () => sockets.forEach((socket) => socket.destroy()),
    });
    const sockets: Socket[] = [];
    (server.server as unknown as NodeJS.EventEmitter).on('connection', (socket: Socket) => sockets.push(socket));
    expect(await send(url)).toMatchObject({ outcome: 'retry' });
  });

  test('nobody listens: tried again', async () => {
    await listen();
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    expect(await send(`smtp://127.0.0.1:${port}`)).toMatchObject({
      outcome: 'retry',
      reason: 'The mail host could not be reached (ECONNREFUSED).',
    });
  });
});
