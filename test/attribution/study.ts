/** The published paths of `channelattribution-paths.csv`, and as customers: one for each conversion and for each null. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package-root.js';
import type { Step } from '../../src/attribution/markov/chain.js';
import { merged } from '../../src/attribution/markov/parts.js';
import type { UnifiedRow } from '../../src/engine/engine.js';
import { nanoOf, unifiedRows } from './rows.js';

export interface StudyPath {
  readonly path: readonly string[];
  readonly conversions: number;
  /** Billionths, of all its conversions together. */
  readonly value: bigint;
  readonly nulls: number;
}

export const studyPaths = (): StudyPath[] =>
  readFileSync(join(packageRoot, 'test/fixtures/channelattribution-paths.csv'), 'utf8')
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => {
      const [path = '', conversions = '', value = '', nulls = ''] = line.split(';');
      return { path: path.split(' > '), conversions: Number(conversions), value: nanoOf(value), nulls: Number(nulls) };
    });

const START = Date.UTC(2026, 0, 1);
const uuid = (kind: number, n: number): string =>
  `${kind.toString(16).padStart(8, '0')}-0000-5000-8000-${n.toString(16).padStart(12, '0')}`;

export function pathRows(): UnifiedRow[] {
  let customers = 0;
  let events = 0;
  const touches = (path: readonly string[]): { id: string; at: number; channel: string }[] =>
    path.map((channel, index) => ({ id: uuid(1, ++events), at: START + index * 60_000, channel }));
  return unifiedRows(
    studyPaths().flatMap(({ path, conversions, value, nulls }) =>
      Array.from({ length: conversions + nulls }, (_, n) => {
        const own = value / BigInt(Math.max(1, conversions));
        return {
          id: uuid(2, ++customers),
          touchpoints: touches(path).map((touch) => ({
            ...touch,
            data_source: touch.channel,
            source_category: 'external_marketing',
            campaign_id: null,
            asset_id: null,
          })),
          transactions:
            n >= conversions
              ? []
              : [
                  {
                    id: uuid(3, ++events),
                    at: START + path.length * 60_000,
                    data_source: 'shop',
                    currency: 'USD',
                    // The first one takes what does not divide.
                    revenue: n === 0 ? value - own * BigInt(conversions - 1) : own,
                    order_id: null,
                  },
                ],
        };
      }),
    ),
  );
}

/** The steps between states of `order` channels, counted path by path. */
export function studySteps(order: number): Step[] {
  const steps = studyPaths().flatMap(({ path, conversions, nulls }) => {
    const states = path.map((_, at) =>
      Array.from({ length: order }, (_lag, n) => path[at - order + 1 + n])
        .map((channel) => (channel === undefined ? '' : `c${channel}`))
        .join('\u001f'),
    );
    const ends = [
      ['v', conversions],
      ['n', nulls],
    ] as const;
    return ends.flatMap(([end, count]) =>
      ['s', ...states].map((source, at) => ({ source, target: states[at] ?? end, count, part: 0 })),
    );
  });
  return merged(
    steps.filter(({ count }) => count > 0),
    null,
  );
}
