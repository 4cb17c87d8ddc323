import { readSecretKey, type SecretKey } from '../secrets/sealed.js';

/** Reads `SECRETS_KEY`. @param problems gets what is wrong, never a value */
export function parseSecretKeys(text: (key: string) => string | null, problems: string[]): readonly SecretKey[] {
  const keys = (text('SECRETS_KEY') ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(readSecretKey);
  if (keys.includes(null)) {
    problems.push(
      'SECRETS_KEY must be 32 bytes in base64 (openssl rand -base64 32); several, separated by commas, the first of which seals',
    );
  }
  const known = keys.filter((key) => key !== null);
  return Object.freeze(known.filter((key, at) => known.findIndex(({ id }) => id === key.id) === at));
}
