/**
 * A mail host that stands outside of everything under test and keeps what it took. What it does to a recipient stands in the
 * address, before the first `.`: `ok`, `refuse` (550 for the recipient), `refuse-data` (554 for the message), `busy` (450 the
 * first time), `busy-data` (451 for the message, the first time), `closing` (421 the first time), `hang-rcpt`, `hang-data`,
 * `hang-dot` (silence there, the first time), `cut` (the line is cut within the message, the first time), `reset` (takes
 * the mail, then cuts the line without a word). Some connections it treats ill before it knows for whom they are.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export interface TakenMail {
  readonly recipient: string;
  readonly messageId: string;
}

export const BEHAVIOURS = [
  'ok',
  'refuse',
  'busy',
  'closing',
  'hang-rcpt',
  'hang-data',
  'hang-dot',
  'reset',
  'refuse-data',
  'busy-data',
  'cut',
] as const;
type Behaviour = (typeof BEHAVIOURS)[number];

/** What it does to a connection, whoever it is for. */
const ILL_TREATMENTS = [
  'hang-greeting',
  'closing-greeting',
  'hang-ehlo',
  'hang-auth',
  'hang-mail',
  'busy-mail',
] as const;
type IllTreatment = (typeof ILL_TREATMENTS)[number];
const ILL_EVERY = 25;
const ILL_ROUNDS = 3;

export class Witness {
  /** Mails whose final dot arrived and that were, or would have been, kept. */
  readonly taken: TakenMail[] = [];
  /** Mails for which the sender was sent a 250. */
  readonly acknowledged: TakenMail[] = [];
  /** Ids of mails whose final dot arrived, whatever was answered; a sender that died then does not know the answer. */
  readonly ended = new Set<string>();
  /** Messages that began, whose final dot never came, by recipient; the sender can't know that it did not. */
  readonly begun: string[] = [];
  /** How often it did what. */
  readonly did: Record<string, number> = {};
  private readonly once = new Set<string>();
  private readonly sockets = new Set<Socket>();
  private connections = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Witness> {
    const server = createServer();
    const witness = new Witness(server);
    server.on('connection', (socket) => new Conversation(witness, socket).begin());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return witness;
  }

  get url(): string {
    return `smtp://reports:secret@127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      for (const socket of this.sockets) socket.destroy();
    });
  }

  /** @returns how to treat this one */
  admit(socket: Socket): IllTreatment | null {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
    const turn = this.connections++ / ILL_EVERY - 1;
    const isIll = Number.isInteger(turn) && turn >= 0 && turn < ILL_ROUNDS * ILL_TREATMENTS.length;
    return isIll ? (ILL_TREATMENTS[turn % ILL_TREATMENTS.length] ?? null) : null;
  }

  note(what: Behaviour | IllTreatment): true {
    this.did[what] = (this.did[what] ?? 0) + 1;
    return true;
  }

  /** True when a recipient's address asks for it: always, or the first time only. */
  does(recipient: string, behaviour: Behaviour, always: boolean): boolean {
    if (!recipient.startsWith(`${behaviour}.`) || (!always && this.once.has(recipient))) return false;
    this.once.add(recipient);
    return this.note(behaviour);
  }
}

class Conversation {
  private rest = '';
  private recipient = '';
  private body: string[] | null = null;
  private isOver = false;

  constructor(
    private readonly witness: Witness,
    private readonly socket: Socket,
  ) {}

  begin(): void {
    const ill = this.witness.admit(this.socket);
    this.socket.on('close', () => {
      if (this.body !== null) this.witness.begun.push(this.recipient);
    });
    if (ill === 'hang-greeting') return void this.witness.note(ill);
    if (ill === 'closing-greeting' && this.witness.note(ill)) return this.close('421 4.3.2 closing');
    this.say('220 witness ESMTP');
    this.socket.setEncoding('latin1').on('data', (chunk: string) => {
      this.rest += chunk;
      for (let end = this.rest.indexOf('\r\n'); end >= 0 && !this.isOver; end = this.rest.indexOf('\r\n')) {
        const line = this.rest.slice(0, end);
        this.rest = this.rest.slice(end + 2);
        if (this.body === null) this.command(line, ill);
        else this.message(line, this.body);
      }
    });
  }

  private command(line: string, ill: IllTreatment | null): void {
    const verb = line.slice(0, 4).toUpperCase();
    const hang = `hang-${verb.toLowerCase()}`;
    if (ill !== null && ill === hang && this.witness.note(ill)) return this.fallSilent();
    switch (verb) {
      case 'EHLO':
        this.say('250-witness');
        return this.say('250 AUTH PLAIN');
      case 'AUTH':
        return this.say('235 2.7.0 welcome');
      case 'MAIL':
        if (ill === 'busy-mail' && this.witness.note(ill)) return this.say('450 4.3.2 not now');
        return this.say('250 2.1.0 ok');
      case 'RCPT':
        this.recipient = /<([^>]*)>/.exec(line)?.[1] ?? '';
        if (this.does('hang-rcpt')) return this.fallSilent();
        if (this.does('refuse', true)) return this.say('550 5.1.1 no such user');
        if (this.does('busy')) return this.say('450 4.2.1 try later');
        if (this.does('closing')) return this.close('421 4.3.2 closing');
        return this.say('250 2.1.5 ok');
      case 'DATA':
        if (this.does('hang-data')) return this.fallSilent();
        this.body = [];
        return this.say('354 go ahead');
      case 'QUIT':
        return this.close('221 bye');
      default:
        return this.say('250 ok');
    }
  }

  private message(line: string, body: string[]): void {
    if (line !== '.') {
      body.push(line);
      if (body.length === 5 && this.does('cut')) {
        this.isOver = true;
        this.socket.destroy();
      }
      return;
    }
    const id = body.find((header) => /^message-id:/i.test(header)) ?? '';
    const mail = { recipient: this.recipient, messageId: id.slice(11).trim() };
    this.witness.ended.add(mail.messageId);
    if (this.does('refuse-data', true)) this.say('554 5.7.1 looks like spam');
    else if (this.does('busy-data')) this.say('451 4.3.0 try later');
    else if (this.does('hang-dot')) return this.fallSilent();
    else {
      this.witness.taken.push(mail);
      if (this.does('reset', true)) this.socket.destroy();
      else {
        this.witness.acknowledged.push(mail);
        this.say('250 2.0.0 kept');
      }
    }
    this.body = null;
  }

  private does(behaviour: Behaviour, always = false): boolean {
    return this.witness.does(this.recipient, behaviour, always);
  }

  private say(line: string): void {
    this.socket.write(`${line}\r\n`);
  }

  private close(line: string): void {
    this.say(line);
    this.isOver = true;
    this.socket.end();
  }

  private fallSilent(): void {
    this.isOver = true;
  }
}
