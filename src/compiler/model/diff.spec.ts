import { definition } from '../../../test/support/definition.js';
import { buildModel } from './build.js';
import { countChanges, diffModels, fieldText, memberMeaning } from './diff.js';
import { parseFieldRef } from './field-ref.js';
import type { FieldRef, MemberDefinition, Model } from './types.js';

const settings = { currency: 'USD', time_zone: 'UTC', week_start: 1 };
const metric = (metric_key: string, more: Partial<MemberDefinition> = {}): MemberDefinition =>
  definition({ metric_key, additivity: more.formula == null ? 'additive' : 'non_additive', ...more });
const model = (...organization: MemberDefinition[]): Model => buildModel({ standard: [], organization, settings });

describe('the diff of two models', () => {
  const before = model(metric('spend'), metric('revenue'), metric('roas', { formula: 'revenue / spend' }));

  it('names what was added, removed and changed, with both sides of each property', () => {
    const after = model(
      metric('spend', { expression: 'cost.total', alias_keys: ['costs'] }),
      metric('roas', { formula: 'spend / 2' }),
      metric('orders'),
    );
    const diff = diffModels(before, after);
    expect(diff).toEqual({
      added: [{ key: 'orders', label: 'orders', metric_type: 'metric' }],
      removed: [{ key: 'revenue', label: 'revenue', metric_type: 'metric' }],
      changed: [
        {
          key: 'roas',
          label: 'roas',
          metric_type: 'metric',
          fields: [
            { field: 'depends_on', before: ['revenue', 'spend'], after: ['spend'] },
            { field: 'formula', before: 'revenue / spend', after: 'spend / 2' },
          ],
        },
        {
          key: 'spend',
          label: 'spend',
          metric_type: 'metric',
          fields: [
            { field: 'aliases', before: [], after: ['costs'] },
            { field: 'expression', before: 'spend', after: 'cost.total' },
          ],
        },
      ],
      settings: [],
    });
    expect(countChanges(diff)).toEqual({ added: 1, removed: 1, changed: 2 });
  });

  it('says that a metric is quarantined, and why', () => {
    const { changed } = diffModels(before, model(metric('revenue'), metric('roas', { formula: 'revenue / spend' })));
    expect(changed).toMatchObject([
      {
        key: 'roas',
        fields: [
          { field: 'depends_on' },
          { field: 'diagnostics', before: [], after: [expect.stringContaining('spend')] },
          { field: 'status', before: 'valid', after: 'quarantined' },
        ],
      },
    ]);
  });

  it('is empty between equals, everything against nothing, and tells settings apart', () => {
    const same = model(metric('spend'), metric('revenue'), metric('roas', { formula: 'revenue / spend' }));
    expect(diffModels(before, same)).toEqual({ added: [], removed: [], changed: [], settings: [] });
    expect(diffModels(null, before).added.map(({ key }) => key)).toEqual(['revenue', 'roas', 'spend']);
    const moved: Model = { ...before, settings: { ...settings, time_zone: 'Europe/Berlin' } };
    expect(diffModels(before, moved).settings).toEqual([{ field: 'time_zone', before: 'UTC', after: 'Europe/Berlin' }]);
  });

  it('writes places as they are read', () => {
    for (const text of ['*', 'data_source', 'spend', 'device.os', 'attribution_data.weight']) {
      expect(fieldText(parseFieldRef(text) as FieldRef)).toBe(text);
    }
  });
});

describe('what a metric means', () => {
  const meaning = (...definitions: MemberDefinition[]): string => memberMeaning(model(...definitions), 'roas');
  const roas = metric('roas', { formula: 'revenue / spend' });
  const usual = meaning(metric('spend'), metric('revenue'), roas);

  it('changes with the metrics behind it', () => {
    expect(meaning(metric('spend', { expression: 'cost' }), metric('revenue'), roas)).not.toBe(usual);
    expect(meaning(metric('spend'), metric('revenue'), { ...roas, formula: 'spend / revenue' })).not.toBe(usual);
  });

  it('does not change with names for people', () => {
    const renamed = { ...roas, display_label: 'ROAS', description: 'x', alias_keys: ['y'] };
    expect(meaning(metric('spend', { display_label: 'Cost' }), metric('revenue'), metric('other'), renamed)).toBe(
      usual,
    );
  });
});
