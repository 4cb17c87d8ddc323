import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { TokenRefused, TokenVerifier, type TokenSettings } from './token-verifier.js';

const SECRET = 'a secret that is shared with the provider';
const settings = (keys: TokenSettings['keys'], algorithms: readonly string[]): TokenSettings => ({
  ...{ issuer: 'https://id.example/', audience: 'tributary', keys, algorithms },
  ...{ organizationClaim: 'https://example.com/org', roleClaim: 'realm.roles', emailClaim: 'email', roles: {} },
});
const signed = (alg: string, key: CryptoKey | Uint8Array, kid?: string): Promise<string> =>
  new SignJWT({ 'https://example.com/org': 'acme', email: 'ann@example.com', realm: { roles: ['boss', 'staff'] } })
    .setProtectedHeader({ alg, ...(kid ? { kid } : {}) })
    .setIssuer('https://id.example/')
    .setAudience(['other', 'tributary'])
    .setExpirationTime('1m')
    .sign(key);

describe('tokens signed with keys that the provider publishes', () => {
  let provider: Server;
  let published: JWK[] = [];
  let asked = 0;
  const giveKeys = (response: ServerResponse): unknown => response.end(JSON.stringify({ keys: published }));
  let answer = giveKeys;
  const makeKey = async (kid: string): Promise<CryptoKey> => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    published = [...published, { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }];
    return privateKey;
  };
  const verifier = (): TokenVerifier => {
    const { port } = provider.address() as AddressInfo;
    return new TokenVerifier(settings({ jwksUrl: `http://127.0.0.1:${port}/keys` }, ['ES256']), 0);
  };
  beforeAll(async () => {
    provider = createServer((_request, response) => {
      asked += 1;
      answer(response);
    }).listen(0, '127.0.0.1');
    await once(provider, 'listening');
  });
  afterAll(() => void provider.close());

  it('follows the provider when it goes over to a new key, and drops the old one with it', async () => {
    const tokens = verifier();
    const old = await makeKey('2025');
    expect(await tokens.verify(await signed('ES256', old, '2025'))).toEqual({
      ...{ organization: 'acme', email: 'ann@example.com', name: null, roles: ['boss', 'staff'] },
    });
    const next = await makeKey('2026');
    for (const [key, kid] of [
      [next, '2026'],
      [old, '2025'],
    ] as const)
      expect((await tokens.verify(await signed('ES256', key, kid))).organization).toBe('acme');
    expect(asked).toBe(2);
    published = published.filter(({ kid }) => kid === '2026');
    await expect(tokens.verify(await signed('ES256', old, 'unknown'))).rejects.toThrow(TokenRefused);
    await expect(tokens.verify(await signed('ES256', old, '2025'))).rejects.toThrow(TokenRefused);
    expect((await tokens.verify(await signed('ES256', next, '2026'))).organization).toBe('acme');
  });

  it('goes on with the keys that it knows while the provider is away, and refuses no token for that', async () => {
    const tokens = verifier();
    const known = await makeKey('known');
    expect((await tokens.verify(await signed('ES256', known, 'known'))).organization).toBe('acme');
    const fresh = await makeKey('fresh');
    const outages: (typeof answer)[] = [
      (response) => response.writeHead(503).end('down'),
      (response) => response.end('<html>'),
      (response) => response.end('{"keys": 1}'),
      (response) => response.destroy(),
    ];
    for (const outage of outages) {
      answer = outage;
      expect((await tokens.verify(await signed('ES256', known, 'known'))).organization).toBe('acme');
      const unknown = await tokens.verify(await signed('ES256', fresh, 'fresh')).catch((error: unknown) => error);
      expect(unknown).toHaveProperty('message');
      expect(unknown).not.toBeInstanceOf(TokenRefused);
      // Nor does an outage let anyone in.
      const { privateKey } = await generateKeyPair('ES256');
      await expect(tokens.verify(await signed('ES256', privateKey, 'known'))).rejects.toThrow(TokenRefused);
    }
    answer = giveKeys;
    expect((await tokens.verify(await signed('ES256', fresh, 'fresh'))).organization).toBe('acme');
  });

  it('takes no other way of signing than those that are allowed', async () => {
    const tokens = verifier();
    const { privateKey } = await generateKeyPair('RS256');
    await expect(tokens.verify(await signed('RS256', privateKey, '2026'))).rejects.toThrow(TokenRefused);
    await expect(tokens.verify(await signed('HS256', new TextEncoder().encode(SECRET), '2026'))).rejects.toThrow(
      TokenRefused,
    );
  });
});

describe('tokens signed with a shared secret', () => {
  const tokens = new TokenVerifier(settings({ secret: SECRET }, ['HS256']));
  const key = new TextEncoder().encode(SECRET);

  it('are read, and refused with any other secret or without an end', async () => {
    expect((await tokens.verify(await signed('HS256', key))).email).toBe('ann@example.com');
    await expect(tokens.verify(await signed('HS512', key))).rejects.toThrow(TokenRefused);
    await expect(tokens.verify(await signed('HS256', new TextEncoder().encode(`${SECRET}!`)))).rejects.toThrow(
      TokenRefused,
    );
    const endless = await new SignJWT({ 'https://example.com/org': 'acme', email: 'ann@example.com' })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('https://id.example/')
      .setAudience('tributary')
      .sign(key);
    await expect(tokens.verify(endless)).rejects.toThrow(TokenRefused);
  });
});
