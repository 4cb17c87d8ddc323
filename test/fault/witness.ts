/**
 * A mail host that stands outside of everything under test and keeps what it took. What it does to a recipient stands in
 * the address: `ok-…`, `refuse-…` (550), `busy-…` (450 the first time), `closing-…` (421 the first time), `hang-rcpt-…`,
 * `hang-data-…`, `hang-dot-…` (silence there, the first time), `reset-…` (takes the mail, then cuts the line without a word).
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface TakenMail {
  readonly recipient: string;
  readonly messageId: string;
}

type Behaviour = 'ok' | 'refuse' | 'busy' | 'closing' | 'hang-rcpt' | 'hang-data' | 'hang-dot' | 'reset';

export class Witness {
  /** Mails whose final dot arrived and that were, or would have been, kept. */
  readonly taken: TakenMail[] = [];
  /** Mails for which the sender was sent a 250. */
  readonly acknowledged: TakenMail[] = [];
  private readonly once = new Set<string>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Witness> {
    const server = createServer();
    const witness = new Witness(server);
    server.on('connection', (socket) => witness.converse(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return witness;
  }

  get url(): string {
    return `smtp://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      for (const socket of this.sockets) socket.destroy();
    });
  }

  private readonly sockets = new Set<Socket>();

  private converse(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
    let rest = '';
    let recipient = '';
    let isBody = false;
    let body: string[] = [];
    const say = (line: string): void => void socket.write(`${line}\r\n`);
    say('220 witness ESMTP');
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      rest += chunk;
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (isBody) {
          if (line !== '.') {
            body.push(line);
            continue;
          }
          isBody = false;
          const messageId =
            body
              .find((header) => /^message-id:/i.test(header))
              ?.slice(11)
              .trim() ?? '';
          body = [];
          if (this.does(recipient, 'hang-dot')) return;
          const mail = { recipient, messageId };
          this.taken.push(mail);
          if (behaviourOf(recipient) === 'reset') {
            socket.destroy();
            return;
          }
          this.acknowledged.push(mail);
          say('250 2.0.0 kept');
          continue;
        }
        const verb = line.slice(0, 4).toUpperCase();
        if (verb === 'EHLO' || verb === 'HELO') say('250 witness');
        else if (verb === 'MAIL') say('250 2.1.0 ok');
        else if (verb === 'RCPT') {
          recipient = /<([^>]*)>/.exec(line)?.[1] ?? '';
          if (this.does(recipient, 'hang-rcpt')) return;
          if (behaviourOf(recipient) === 'refuse') say('550 5.1.1 no such user');
          else if (this.does(recipient, 'busy')) say('450 4.2.1 try later');
          else if (this.does(recipient, 'closing')) {
            say('421 4.3.2 closing');
            socket.end();
            return;
          } else say('250 2.1.5 ok');
        } else if (verb === 'DATA') {
          if (this.does(recipient, 'hang-data')) return;
          isBody = true;
          say('354 go ahead');
        } else if (verb === 'QUIT') {
          say('221 bye');
          socket.end();
        } else say('250 ok');
      }
    });
  }

  /** True the first time that a recipient's address asks for it. */
  private does(recipient: string, behaviour: Behaviour): boolean {
    if (behaviourOf(recipient) !== behaviour || this.once.has(recipient)) return false;
    this.once.add(recipient);
    return true;
  }
}

const behaviourOf = (recipient: string): Behaviour =>
  (/^(refuse|busy|closing|hang-rcpt|hang-data|hang-dot|reset)-/.exec(recipient)?.[1] as Behaviour | undefined) ?? 'ok';
