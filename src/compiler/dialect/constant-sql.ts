import type { DialectName } from './types.js';

/** The UTF-8 bytes of a text in hexadecimal: no quoting rule of any engine, setting or driver can matter to it. */
const hex = (value: string): string => Buffer.from(value, 'utf8').toString('hex');

/**
 * A text as a constant in SQL, for what is part of a definition; what a request brings is a parameter.
 * @throws Error for NUL or half a surrogate pair, which no engine holds: whoever reads user text refuses them
 */
export function constantSql(value: string, dialect: DialectName): string {
  if (value.includes('\0') || /\p{Surrogate}/u.test(value)) throw new Error('Unchecked text.');
  return dialect === 'clickhouse' ? `unhex('${hex(value)}')` : `convert_from(decode('${hex(value)}', 'hex'), 'UTF8')`;
}
