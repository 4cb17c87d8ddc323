/** SCRAM-SHA-256 (RFC 5802, RFC 7677), both sides, without channel binding. A password never crosses the wire. */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a server keeps of a password: enough to check it, not enough to log in with. */
export interface ScramVerifier {
  /** Base64. */
  readonly salt: string;
  readonly iterations: number;
  /** Base64. */
  readonly storedKey: string;
  /** Base64. */
  readonly serverKey: string;
}

/** RFC 7677 asks for at least 4,096; a random secret of 24 bytes needs no more. */
const ITERATIONS = 4_096;
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha256 = (data: Buffer): Buffer => createHash('sha256').update(data).digest();
const salted = (password: string, salt: Buffer, iterations: number): Buffer =>
  pbkdf2Sync(password.normalize('NFKC'), salt, iterations, 32, 'sha256');

export function scramVerifier(password: string, salt = randomBytes(16), iterations = ITERATIONS): ScramVerifier {
  const key = salted(password, salt, iterations);
  return {
    salt: salt.toString('base64'),
    iterations,
    storedKey: sha256(hmac(key, 'Client Key')).toString('base64'),
    serverKey: hmac(key, 'Server Key').toString('base64'),
  };
}

/** As Postgres writes it in `pg_authid`: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`. */
export const writeVerifier = ({ salt, iterations, storedKey, serverKey }: ScramVerifier): string =>
  `SCRAM-SHA-256$${iterations}:${salt}$${storedKey}:${serverKey}`;

export function readVerifier(text: string): ScramVerifier | null {
  const [, iterations, salt, storedKey, serverKey] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(text) ?? [];
  if (!iterations || !salt || !storedKey || !serverKey) return null;
  return { iterations: Number(iterations), salt, storedKey, serverKey };
}

/** For a user that does not exist: always the same for the same name, so that nobody learns who exists. */
export function decoyVerifier(user: string, secret: Buffer): ScramVerifier {
  const part = (what: string): Buffer => hmac(secret, `${what}:${user}`);
  return {
    salt: part('salt').subarray(0, 16).toString('base64'),
    iterations: ITERATIONS,
    storedKey: part('stored').toString('base64'),
    serverKey: part('server').toString('base64'),
  };
}

const attributes = (text: string): ReadonlyMap<string, string> =>
  new Map(text.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
const newNonce = (): string => randomBytes(18).toString('base64');

/** The server's side: `first` answers the client's first message, `final` its last one. Each exchange has its nonce. */
export class ScramServer {
  private firstBare = '';
  private serverFirst = '';
  private header = '';
  private nonce = '';

  constructor(
    private readonly verifier: ScramVerifier,
    private readonly ownNonce = newNonce(),
  ) {}

  /** @returns the server's first message, or null for one that is malformed */
  first(clientFirst: string): string | null {
    const [, header, bare] = /^([ny],[^,]*,)(.*)$/s.exec(clientFirst) ?? [];
    const theirs = attributes(bare ?? '').get('r');
    if (header === undefined || bare === undefined || !theirs || theirs.length > 256) return null;
    this.header = header;
    this.firstBare = bare;
    this.nonce = theirs + this.ownNonce;
    this.serverFirst = `r=${this.nonce},s=${this.verifier.salt},i=${this.verifier.iterations}`;
    return this.serverFirst;
  }

  /** @returns the server's signature, or null when the proof is wrong */
  final(clientFinal: string): string | null {
    const [, withoutProof, proofText] = /^(.*),p=([^,]+)$/s.exec(clientFinal) ?? [];
    if (withoutProof === undefined || proofText === undefined || this.nonce === '') return null;
    const said = attributes(withoutProof);
    const channel = Buffer.from(this.header).toString('base64');
    if (said.get('r') !== this.nonce || said.get('c') !== channel) return null;
    const message = `${this.firstBare},${this.serverFirst},${withoutProof}`;
    const storedKey = Buffer.from(this.verifier.storedKey, 'base64');
    const proof = Buffer.from(proofText, 'base64');
    if (proof.length !== 32 || storedKey.length !== 32) return null;
    const signature = hmac(storedKey, message);
    const clientKey = Buffer.from(proof.map((byte, index) => byte ^ (signature[index] ?? 0)));
    if (!timingSafeEqual(sha256(clientKey), storedKey)) return null;
    return `v=${hmac(Buffer.from(this.verifier.serverKey, 'base64'), message).toString('base64')}`;
  }
}

/** The client's side. */
export class ScramClient {
  private readonly firstBare = `n=,r=${newNonce()}`;
  private expected = '';

  constructor(private readonly password: string) {}

  first(): string {
    return `n,,${this.firstBare}`;
  }

  /** @throws Error when the server does not continue this exchange */
  final(serverFirst: string): string {
    const said = attributes(serverFirst);
    const nonce = said.get('r') ?? '';
    if (!nonce.startsWith(this.firstBare.slice(5))) throw new Error('The server’s nonce does not continue ours.');
    const key = salted(this.password, Buffer.from(said.get('s') ?? '', 'base64'), Number(said.get('i')));
    const withoutProof = `c=biws,r=${nonce}`;
    const message = `${this.firstBare},${serverFirst},${withoutProof}`;
    const clientKey = hmac(key, 'Client Key');
    const signature = hmac(sha256(clientKey), message);
    const proof = Buffer.from(clientKey.map((byte, index) => byte ^ (signature[index] ?? 0)));
    this.expected = `v=${hmac(hmac(key, 'Server Key'), message).toString('base64')}`;
    return `${withoutProof},p=${proof.toString('base64')}`;
  }

  /** Whether the server knows the password, too. */
  accepts(serverFinal: string): boolean {
    return this.expected !== '' && serverFinal === this.expected;
  }
}
