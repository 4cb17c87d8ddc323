import { domainToASCII } from 'node:url';
import addressparser from 'nodemailer/lib/addressparser';

/** A checked mailbox; travels as structure, never as header text. */
export interface MailAddress {
  readonly name: string;
  /** Bare address, domain in lower-case ASCII. */
  readonly address: string;
}

const CONTROL = /\p{Cc}/u;
const LOCAL = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}$/;
const DOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * Reads exactly one mailbox, `a@example.com` or `Ann <a@example.com>`. Line ends and other control characters, groups,
 * lists and comments are refused.
 * @returns null when the text is anything else
 */
export function parseMailAddress(text: string): MailAddress | null {
  if (CONTROL.test(text) || text.length > 400) return null;
  const [mailbox, ...more] = addressparser(text);
  if (!mailbox || more.length > 0 || mailbox.address === undefined) return null;
  const at = mailbox.address.lastIndexOf('@');
  const local = mailbox.address.slice(0, at);
  const domain = domainToASCII(mailbox.address.slice(at + 1)).toLowerCase();
  if (at < 1 || !LOCAL.test(local) || local.startsWith('.') || local.endsWith('.') || local.includes('..')) return null;
  if (!DOMAIN.test(domain)) return null;
  return { name: mailbox.name, address: `${local}@${domain}` };
}
