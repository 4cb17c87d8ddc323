import fc from 'fast-check';
import { newId } from '../common/uuid.js';
import {
  applyChange,
  changeTowards,
  ownDefinitions,
  visibleStandard,
  type StoredDefinitions,
} from './definition-change.js';
import { definitionOf, rowOf, type MetricRow } from './definition.js';
import type { OwnDefinitions } from './model-snapshot.entity.js';
import { standardId } from './standard-id.js';

const ORGANIZATION = newId();
const row = (id: string, metric_key: string, unit: string | null = null): MetricRow =>
  rowOf(id, ORGANIZATION, { metric_key, unit, display_label: metric_key, metric_type: 'metric', data_type: 'float' });
const standard = ['spend', 'revenue', 'clicks'].map((key) => definitionOf(row('', key)));
const stored = (...rows: MetricRow[]): StoredDefinitions => ({ organizationId: ORGANIZATION, rows, standard });
const standardRow = (key: string, as: string = key): MetricRow => row(standardId(ORGANIZATION, key), as);
const seen = (definitions: StoredDefinitions): string[] =>
  visibleStandard(definitions).map(({ metric_key: key }) => key);

describe('definitions on top of the standard library', () => {
  it('hide a standard one by being its row, inactive or under another key', () => {
    expect(seen(stored())).toEqual(['spend', 'revenue', 'clicks']);
    expect(seen(stored(standardRow('spend')))).toEqual(['spend', 'revenue', 'clicks']);
    expect(seen(stored({ ...standardRow('spend'), is_active: false }))).toEqual(['revenue', 'clicks']);
    const renamed = stored(standardRow('spend', 'ad_spend'));
    expect(seen(renamed)).toEqual(['revenue', 'clicks']);
    expect(ownDefinitions(renamed)).toMatchObject({ metrics: [{ metric_key: 'ad_spend' }], deactivated: ['spend'] });
  });

  it('show it again once the row is gone', () => {
    const hidden = stored({ ...standardRow('spend'), is_active: false });
    const change = changeTowards(hidden, { metrics: [], deactivated: [] });
    expect(change).toEqual({ upserts: [], deletes: [standardId(ORGANIZATION, 'spend')] });
    expect(seen(applyChange(hidden, change))).toEqual(['spend', 'revenue', 'clicks']);
  });

  it('come from any state to any other, and then nothing is left to do', () => {
    const ids = [newId(), newId(), standardId(ORGANIZATION, 'spend'), standardId(ORGANIZATION, 'clicks')];
    const rows = fc
      .uniqueArray(
        fc.record({
          id: fc.constantFrom(...ids),
          key: fc.constantFrom('spend', 'clicks', 'a', 'b', 'c', 'd'),
          unit: fc.constantFrom(null, '%'),
          active: fc.boolean(),
        }),
        { selector: ({ id }) => id },
      )
      .filter((list) => {
        const keys = list.filter(({ active }) => active).map(({ key }) => key);
        return new Set(keys).size === keys.length;
      })
      .map((list) =>
        stored(...list.map(({ id, key, unit, active }) => ({ ...row(id, key, unit), is_active: active }))),
      );
    const plain = (own: OwnDefinitions): unknown => ({
      ...own,
      metrics: [...own.metrics].sort((a, b) => (a.id < b.id ? -1 : 1)),
    });
    fc.assert(
      fc.property(rows, rows, (from, to) => {
        const target = ownDefinitions(to);
        const reached = applyChange(from, changeTowards(from, target));
        expect(plain(ownDefinitions(reached))).toEqual(plain(target));
        expect(seen(reached)).toEqual(seen(to));
        expect(changeTowards(reached, target)).toEqual({ upserts: [], deletes: [] });
      }),
    );
  });
});
