import fc from 'fast-check';
import { ROLES, type Restrictions } from './identity.js';
import { campaignLimit, policyOf, seesAll, wholeOrganization } from './policy.js';

const organizationId = '11111111-1111-4111-8111-111111111111';
const keys = fc.uniqueArray(fc.constantFrom('spend', 'revenue', 'device', 'campaign_name'), { maxLength: 3 });
const rows = fc.array(
  fc.record({
    member: fc.constantFrom('device', 'data_source'),
    operator: fc.constant('equals' as const),
    values: fc.array(fc.string(), { minLength: 1, maxLength: 2 }),
  }),
  { maxLength: 2 },
);
const restrictions: fc.Arbitrary<Restrictions> = fc.record({
  ...{ customRole: fc.constant(null), hidden: keys, masked: keys, granted: keys, roleRows: rows, ownRows: rows },
  campaigns: fc.array(fc.string({ minLength: 1 }), { maxLength: 3 }),
});
const asker = fc.record({ organizationId: fc.constant(organizationId), role: fc.constantFrom(...ROLES), restrictions });
const rulesOf = ({ digest: _, ...rules }: ReturnType<typeof policyOf>): string => JSON.stringify(rules);

describe('a policy', () => {
  it('has the digest of another exactly where it lets the same be seen', () => {
    fc.assert(
      fc.property(asker, asker, (one, other) => {
        const [a, b] = [policyOf(one), policyOf(other)];
        expect(a.digest === b.digest).toBe(rulesOf(a) === rulesOf(b));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps every rule of whoever asks, in whatever order they were written', () => {
    fc.assert(
      fc.property(asker, (one) => {
        const policy = policyOf(one);
        const { hidden, masked, roleRows, ownRows } = one.restrictions;
        expect([...policy.hidden].sort()).toEqual([...hidden].sort());
        expect([...policy.masked].sort()).toEqual([...masked].sort());
        for (const each of [...roleRows, ...ownRows]) expect(policy.rows).toContainEqual(each);
        const reversed = { ...one.restrictions, hidden: [...hidden].reverse(), masked: [...masked].reverse() };
        expect(policyOf({ ...one, restrictions: reversed }).digest).toBe(policy.digest);
      }),
    );
  });

  it('limits a campaign manager whatever else is given, and no other role by campaigns', () => {
    fc.assert(
      fc.property(asker, (one) => {
        const policy = policyOf(one);
        const limit = campaignLimit(one.restrictions.campaigns);
        if (one.role === 'campaign_manager') expect(policy.rows[0]).toEqual(limit);
        else expect(policy.rows).toHaveLength(one.restrictions.roleRows.length + one.restrictions.ownRows.length);
      }),
    );
  });

  it('can’t be changed by whoever has it', () => {
    fc.assert(
      fc.property(asker, (one) => {
        const policy = policyOf(one);
        expect(Object.isFrozen(policy)).toBe(true);
        for (const list of [policy.hidden, policy.masked, policy.granted, policy.rows])
          expect(() => (list as unknown[]).push('x')).toThrow();
      }),
    );
  });

  it('sees all where nothing narrows', () => {
    expect(policyOf({ organizationId, role: 'analyst' })).toEqual(wholeOrganization(organizationId));
    expect(seesAll(policyOf({ organizationId, role: 'analyst' }))).toBe(true);
    expect(seesAll(policyOf({ organizationId, role: 'campaign_manager' }))).toBe(false);
  });
});
