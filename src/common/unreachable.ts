/** What errors of sockets and of Postgres tell when the other side is gone. */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'EPIPE',
  'EAI_AGAIN',
]);

/** An error's `code`, where it has one: Node's (`ECONNREFUSED`), Postgres's SQLSTATE, the ClickHouse client's number. */
export function errorCode(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** The error, its cause, the cause of that, … */
export function* causes(error: unknown): Generator<object> {
  let e: unknown = error;
  while (typeof e === 'object' && e !== null) {
    yield e;
    e = 'cause' in e ? e.cause : undefined;
  }
}

/** True for a socket error anywhere in the chain of causes. */
export function isUnreachable(error: unknown): boolean {
  for (const e of causes(error)) if (UNREACHABLE.has(errorCode(e) ?? '')) return true;
  return false;
}

/** True where Postgres ended the connection, or pg lost it: classes 08 and 57P of its codes. */
export function isConnectionLost(error: unknown): boolean {
  for (const e of causes(error)) {
    const { message = '' } = e as Partial<Error>;
    if (/^(08|57P)/.test(errorCode(e) ?? '') || message.startsWith('Connection terminated')) return true;
  }
  return isUnreachable(error);
}
