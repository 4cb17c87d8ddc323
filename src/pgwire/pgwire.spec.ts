import { Readable } from 'node:stream';
import fc from 'fast-check';
import { cstring, int16, int32, message } from './body.js';
import { bind, parse, readClientMessage } from './client-messages.js';
import { firstRows, wholeRows, type RowBytes } from './data-rows.js';
import { FrameReader, ProtocolViolation, STARTUP_BYTES } from './frames.js';
import { decoyVerifier, readVerifier, ScramClient, ScramServer, scramVerifier, writeVerifier } from './scram.js';
import { readStartup, startupPacket } from './startup.js';

/** Cuts bytes at the given places. */
const cut = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
};

describe('frames', () => {
  it('are the same wherever the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 12 }), (texts, places) => {
        const bytes = Buffer.concat(texts.map((text) => message('Q', cstring(text))));
        const reader = new FrameReader(1_000_000, { typed: true });
        const found: string[] = [];
        for (const part of cut(bytes, places)) {
          reader.push(part);
          for (let frame = reader.next(); frame; frame = reader.next()) {
            const said = readClientMessage(frame);
            if (said.kind === 'query') found.push(said.sql);
          }
        }
        expect(found).toEqual(texts.map((text) => Buffer.from(text.replaceAll('\0', '')).toString('utf8')));
        expect(reader.buffered).toBe(0);
      }),
    );
  });

  it('of rows are handed on whole wherever their bytes are cut, and no others', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 40 }), { maxLength: 20 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.nat(20),
        async (texts, places, most) => {
          const messages = texts.map((text) => message('D', Buffer.from(text, 'utf8')));
          const read = async (bytes: Buffer): Promise<RowBytes[]> => {
            const found: RowBytes[] = [];
            for await (const piece of wholeRows(Readable.from(cut(bytes, places)))) found.push(piece);
            return found;
          };
          const pieces = await read(Buffer.concat(messages));
          let before = 0;
          for (const { bytes, rows } of pieces) {
            expect(bytes.equals(Buffer.concat(messages.slice(before, before + rows)))).toBe(true);
            const few = Math.min(most, rows);
            expect(firstRows(bytes, few).equals(Buffer.concat(messages.slice(before, before + few)))).toBe(true);
            before += rows;
          }
          expect(before).toBe(texts.length);
          const [last] = messages.slice(-1);
          if (last) await expect(read(last.subarray(0, -1))).rejects.toThrow('not whole');
          await expect(read(Buffer.concat([...messages, message('E', Buffer.alloc(1))]))).rejects.toThrow('No message');
        },
      ),
    );
  });

  it('that say they are too long are refused before they have come', () => {
    const reader = new FrameReader(1_000, { typed: true });
    reader.push(Buffer.concat([Buffer.from('Q'), int32(0x7fffffff)]));
    expect(() => reader.next()).toThrow(ProtocolViolation);
    const start = new FrameReader(1_000_000, { typed: false });
    start.push(int32(STARTUP_BYTES + 1));
    expect(() => start.next()).toThrow(ProtocolViolation);
  });

  it('of any bytes are read or refused, and nothing else', () => {
    const types = fc.constantFrom(...'QPBDECHSXpdcfFZ!');
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 200 }), (type, body) => {
        try {
          readClientMessage({ type, body: Buffer.from(body), bytes: Buffer.alloc(0) });
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolViolation);
        }
      }),
      { numRuns: 10_000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (body, isStart) => {
        const bytes = Buffer.concat([...(isStart ? [int32(3 << 16)] : []), Buffer.from(body)]);
        try {
          readStartup(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolViolation);
        }
      }),
      { numRuns: 10_000 },
    );
  });

  it('do not reserve room for a list that its message can’t hold', () => {
    const body = Buffer.concat([cstring(''), cstring('SELECT 1'), int16(0xffff)]);
    expect(() => readClientMessage({ type: 'P', body, bytes: body })).toThrow(ProtocolViolation);
  });

  it('carry what was put in', () => {
    const said = { portal: 'p', statement: 's', formats: [0, 1], values: [Buffer.from('x'), null], resultFormats: [1] };
    for (const [bytes, expected] of [
      [bind(said), { kind: 'bind', ...said }],
      [parse('s', 'SELECT $1', [25]), { kind: 'parse', name: 's', sql: 'SELECT $1', types: [25] }],
    ] as const) {
      const reader = new FrameReader(1_000, { typed: true });
      reader.push(bytes);
      const frame = reader.next();
      expect(frame && readClientMessage(frame)).toEqual(expected);
    }
    expect(readStartup(startupPacket({ user: 'ana', database: 'main' }).subarray(4))).toMatchObject({
      kind: 'start',
      minor: 0,
      parameters: new Map([
        ['user', 'ana'],
        ['database', 'main'],
      ]),
    });
  });
});

describe('SCRAM-SHA-256', () => {
  /** RFC 7677, section 3. */
  it('follows the example of its standard', () => {
    const verifier = scramVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), 4096);
    const server = new ScramServer(verifier, '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0');
    expect(server.first('n,,n=user,r=rOprNGfwEbeRWgbNEkqO')).toBe(
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    );
    expect(
      server.final(
        'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
      ),
    ).toBe('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  });

  const exchange = (
    password: string,
    server: ScramServer,
  ): { answer: string; signature: string | null; client: ScramClient } => {
    const client = new ScramClient(password);
    const answer = client.final(server.first(client.first()) ?? '');
    return { answer, signature: server.final(answer), client };
  };

  it('lets in who knows the secret, and shows that the server knows it', () => {
    const kept = readVerifier(writeVerifier(scramVerifier('the secret')));
    const { signature, client } = exchange('the secret', new ScramServer(kept as never));
    expect(signature).not.toBeNull();
    expect(client.accepts(signature ?? '')).toBe(true);
    expect(client.accepts('v=AAAA')).toBe(false);
  });

  it('refuses a wrong secret, an answer heard before, and whoever does not exist', () => {
    const verifier = scramVerifier('the secret');
    expect(exchange('another', new ScramServer(verifier)).signature).toBeNull();
    const { answer } = exchange('the secret', new ScramServer(verifier));
    const later = new ScramServer(verifier);
    later.first(new ScramClient('the secret').first());
    expect(later.final(answer)).toBeNull();
    const decoy = decoyVerifier('nobody', Buffer.alloc(32));
    expect(decoyVerifier('nobody', Buffer.alloc(32))).toEqual(decoy);
    expect(exchange('', new ScramServer(decoy)).signature).toBeNull();
  });
});
