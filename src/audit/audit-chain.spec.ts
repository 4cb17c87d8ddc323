import fc from 'fast-check';
import { ChainCheck, GENESIS, chained, type AuditEntry } from './audit-chain.js';
import { auditFacts } from './audit-facts.js';

const event = fc.record({
  organization_id: fc.constant('00000000-0000-4000-8000-000000000001'),
  at: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  actor_user_id: fc.option(fc.uuid(), { nil: null }),
  actor_key_id: fc.option(fc.string(), { nil: null }),
  actor_role: fc.constantFrom('viewer', 'analyst', null),
  door: fc.constantFrom('rest', 'graphql'),
  action: fc.constantFrom('metric.create', 'report.export'),
  entity_type: fc.constant('metric'),
  entity_id: fc.option(fc.string(), { nil: null }),
  before: fc.jsonValue().map(auditFacts),
  after: fc.jsonValue().map(auditFacts),
});
const chain = fc.array(event, { minLength: 1, maxLength: 12 }).map((events) => chained(GENESIS, events));

const faultOf = (entries: readonly AuditEntry[]) => {
  const check = new ChainCheck();
  for (const entry of entries) check.add(entry);
  return check.fault;
};
/** As an entry comes back from a store that keeps no order of keys. */
const stored = (entry: AuditEntry): AuditEntry => JSON.parse(JSON.stringify(entry)) as AuditEntry;

describe('the chain of an audit trail', () => {
  it('holds for what was written, in one go or bit by bit', () => {
    fc.assert(
      fc.property(chain, fc.nat(), (entries, cut) => {
        expect(faultOf(entries.map(stored))).toBeNull();
        const first = entries.slice(0, (cut % entries.length) + 1);
        const rest = entries.slice(first.length).map(({ seq: _seq, hash: _hash, prev_hash: _prev, ...each }) => each);
        expect([...first, ...chained(first.at(-1) ?? GENESIS, rest)]).toEqual(entries);
      }),
    );
  });

  it('shows any entry that was changed, taken out, put in twice or moved', () => {
    fc.assert(
      fc.property(chain, fc.nat(), fc.constantFrom('change', 'drop', 'repeat', 'swap'), (entries, where, what) => {
        const at = where % entries.length;
        const copy = entries.map(stored);
        const entry = copy[at] as AuditEntry;
        if (what === 'change') copy[at] = { ...entry, after: { was: entry.after } };
        // Without its last entry a chain still holds: that is what the head is compared for.
        if (what === 'drop' && at < entries.length - 1) copy.splice(at, 1);
        if (what === 'repeat') copy.splice(at, 0, entry);
        if (what === 'swap' && at > 0) [copy[at - 1], copy[at]] = [copy[at] as AuditEntry, copy[at - 1] as AuditEntry];
        const untouched = (what === 'drop' && at === entries.length - 1) || (what === 'swap' && at === 0);
        expect(faultOf(copy) === null).toBe(untouched);
      }),
    );
  });
});

describe('what the trail keeps of a thing', () => {
  it('keeps no secret, no row’s content and nothing that Postgres can’t store', () => {
    expect(
      auditFacts({
        name: 'mail\0host\ud800',
        password: 'p',
        api: { secret_hash: 'x', access_token: 't', token_expires_at: 'later' },
        rows: [{ data_payload: { spend: 1 }, clicks: 10n }],
      }),
    ).toEqual({
      name: 'mail\ufffdhost\ufffd',
      password: '[not kept]',
      api: { secret_hash: '[not kept]', access_token: '[not kept]', token_expires_at: 'later' },
      rows: [{ data_payload: '[not kept]', clicks: '10' }],
    });
  });

  it('keeps of a very large thing that there was one, and which', () => {
    expect(auditFacts({ text: 'x'.repeat(100_000) })).toEqual({
      too_large: 100_011,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });
});
