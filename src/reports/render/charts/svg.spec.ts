import fc from 'fast-check';
import { column } from '../sample-reports.js';
import { alongside, scaleOf, shareOf, ticksOf } from './scale.js';
import { stacked } from './stack.js';
import { renderChartSvg } from './svg.js';
import type { DrawnPlan } from './types.js';

const MONEY = column('spend', 'Spend', { type: 'currency', unit: 'USD' });
const COUNT = column('clicks', 'Clicks', { type: 'integer' });

/** From far below a cent to more than any company has. */
const number = fc
  .tuple(fc.integer({ min: -9_999, max: 9_999 }), fc.integer({ min: -6, max: 11 }))
  .map(([digits, size]) => digits * 10 ** size);
const value = fc.option(number, { freq: 5 });

test('an axis covers its values and zero in round steps, few of them', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 40 }), fc.constantFrom(3, 4, 5), (values, steps) => {
      const scale = scaleOf(values, steps, MONEY);
      const ticks = ticksOf(scale);
      const numbers = values.filter((each) => each !== null);
      expect(ticks).toContain(0);
      const room = scale.step * 1e-6;
      expect(ticks[0]!).toBeLessThanOrEqual(Math.min(0, ...numbers) + room);
      expect(ticks.at(-1)!).toBeGreaterThanOrEqual(Math.max(0, ...numbers) - room);
      const leading = Number(scale.step.toExponential().split('e')[0]);
      expect([1, 2, 3, 5, 10].some((round) => Math.abs(leading / round - 1) < 1e-9)).toBe(true);
      expect(ticks.length).toBeLessThanOrEqual(2 * steps + 2);
      for (const each of numbers) {
        expect(shareOf(scale, each)).toBeGreaterThanOrEqual(-1e-6);
        expect(shareOf(scale, each)).toBeLessThanOrEqual(1 + 1e-6);
      }
    }),
  );
});

test('half a click is on no axis', () => {
  expect(ticksOf(scaleOf([2, 1], 4, COUNT))).toEqual([0, 1, 2]);
  expect(ticksOf(scaleOf([2, 1], 4, MONEY))).toEqual([0, 0.5, 1, 1.5, 2]);
});

test('two axes have zero at one height, and room for all values of both', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 20 }), fc.array(value, { maxLength: 20 }), (first, second) => {
      const [own, other] = alongside(scaleOf(first, 4, MONEY), second);
      expect(shareOf(own, 0)).toBe(shareOf(other, 0));
      expect(ticksOf(own)).toHaveLength(ticksOf(other).length);
      for (const [scale, values] of [
        [own, first],
        [other, second],
      ] as const) {
        for (const each of values) {
          expect(shareOf(scale, each ?? 0)).toBeGreaterThanOrEqual(-1e-6);
          expect(shareOf(scale, each ?? 0)).toBeLessThanOrEqual(1 + 1e-6);
        }
      }
    }),
  );
});

test('gains stand on gains and losses hang on losses', () => {
  const series = [
    { name: 'a', other: false, values: [3, -1, null] },
    { name: 'b', other: false, values: [-2, -4, 5] },
    { name: 'c', other: false, values: [1, 2, 1] },
  ];
  expect(stacked(series)).toEqual([
    [[0, 3], [0, -1], null],
    [
      [0, -2],
      [-1, -5],
      [0, 5],
    ],
    [
      [3, 4],
      [0, 2],
      [5, 6],
    ],
  ]);
});

const titled = { title: 'Any', note: null };
const days = (count: number): string[] =>
  Array.from({ length: count }, (_day, at) => new Date(Date.UTC(2026, 0, 1 + at)).toISOString().slice(0, 10));

test('lines that could be stacked are drawn each at its own height', () => {
  const heights = (shape: 'lines' | 'areas'): number[][] => {
    const svg = renderChartSvg(
      {
        ...titled,
        kind: 'time',
        shape,
        stacked: true,
        column: MONEY,
        buckets: days(4),
        series: [0, 1].map((at) => ({ name: String(at), other: false, values: [10, 10, 10, 10] })),
        overlay: null,
      },
      { locale: 'en-US', currency: 'USD', timeGrain: 'daily' },
      520,
    );
    return [...svg.matchAll(/<path d="([^"]+)" fill="none"/g)].map(([, path = '']) =>
      [...path.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map(([, y]) => Number(y)),
    );
  };
  const [first, second] = heights('lines');
  expect(second).toEqual(first);
  const [lower, upper] = heights('areas');
  expect(upper?.[0]).toBeLessThan(lower?.[0] ?? 0);
});

const name = fc.string({ maxLength: 60, unit: 'grapheme' });
const lists = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 70 })).chain(([series, count]) =>
  fc.record({
    series: fc.array(
      fc.record({
        name,
        other: fc.boolean(),
        values: fc.array(value, { minLength: count, maxLength: count }),
      }),
      { minLength: series, maxLength: series },
    ),
    names: fc.array(name, { minLength: count, maxLength: count }),
    overlay: fc.option(fc.array(value, { minLength: count, maxLength: count })),
  }),
);
const plan: fc.Arbitrary<DrawnPlan> = fc.oneof(
  fc
    .tuple(lists, fc.constantFrom('bars', 'lines', 'areas' as const), fc.boolean())
    .map(([{ series, names, overlay }, shape, isStacked]): DrawnPlan => ({
      ...titled,
      kind: 'time',
      shape,
      stacked: isStacked,
      column: MONEY,
      buckets: days(names.length),
      series,
      overlay: overlay && { column: COUNT, values: overlay },
    })),
  lists.map(({ series, names }) => ({
    ...titled,
    kind: 'bars' as const,
    categories: names,
    panels: series.map(({ values }) => ({ column: MONEY, values })),
  })),
  lists.map(({ series, names }) => ({
    ...titled,
    kind: 'stacks' as const,
    column: MONEY,
    categories: names,
    series,
  })),
  fc.array(fc.record({ name, x: number, y: number, size: value }), { minLength: 1, maxLength: 40 }).map((points) => ({
    ...titled,
    kind: 'scatter' as const,
    x: MONEY,
    y: COUNT,
    size: MONEY,
    points,
  })),
  fc
    .tuple(fc.constantFrom('donut', 'pie'), fc.array(number.map(Math.abs), { maxLength: 8 }))
    .map(([shape, values]) => ({
      ...titled,
      kind: 'shares' as const,
      shape,
      column: MONEY,
      slices: values.map((each, at) => ({ name: String(at), value: each, other: false })),
    })),
);

test('whatever is drawn, all marks lie within the picture, in either direction of reading', () => {
  fc.assert(
    fc.property(plan, fc.constantFrom(326, 520, 1009), fc.constantFrom('en-US', 'ar-EG'), (each, width, locale) => {
      const svg = renderChartSvg(each, { locale, currency: 'USD', timeGrain: 'daily' }, width);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      const [, wide = 0, high = 0] = (/viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? []).map(Number);
      for (const [, x, y, w, h] of svg.matchAll(
        /<rect x="([-\d.]+)" y="([-\d.]+)" width="([-\d.]+)" height="([-\d.]+)"/g,
      )) {
        expect(Number(x)).toBeGreaterThanOrEqual(-0.02);
        expect(Number(y)).toBeGreaterThanOrEqual(-0.02);
        expect(Number(x) + Number(w)).toBeLessThanOrEqual(wide + 0.02);
        expect(Number(y) + Number(h)).toBeLessThanOrEqual(high + 0.02);
      }
      for (const [, x, y] of svg.matchAll(/[ML]([-\d.]+) ([-\d.]+)/g)) {
        expect(Number(x)).toBeGreaterThanOrEqual(-0.02);
        expect(Number(x)).toBeLessThanOrEqual(wide + 0.02);
        expect(Number(y)).toBeGreaterThanOrEqual(-0.02);
        expect(Number(y)).toBeLessThanOrEqual(high + 0.02);
      }
    }),
    { numRuns: 150 },
  );
});

test('a rule at the edge stands within the picture', () => {
  const panels = [null, null, null, null, -1].map((each) => ({ column: MONEY, values: [each] }));
  const plan: DrawnPlan = { ...titled, kind: 'bars', categories: [''], panels };
  const svg = renderChartSvg(plan, { locale: 'en-US', currency: 'USD' }, 326);
  expect([...svg.matchAll(/<path d="M([\d.]+) [\d.]+L\1 /g)].map(([, x]) => Number(x)).at(-1)).toBe(325.5);
});

test('a picture for readers from right to left is the other one mirrored', () => {
  const scatter = (locale: string): string =>
    renderChartSvg(
      {
        ...titled,
        kind: 'scatter',
        x: COUNT,
        y: COUNT,
        size: null,
        points: [
          { name: 'first', x: 1, y: 2, size: null },
          { name: 'second', x: 9, y: 4, size: null },
        ],
      },
      { locale, currency: 'USD' },
      520,
    );
  const places = (svg: string): number[] => [...svg.matchAll(/<circle cx="([\d.]+)"/g)].map(([, x]) => Number(x));
  const [first = 0, second = 0] = places(scatter('he-IL'));
  expect(second).toBeLessThan(first);
  const mirrored = places(scatter('en-US')).map((x) => 520 - x);
  expect(mirrored[0]).toBeCloseTo(first);
  expect(mirrored[1]).toBeCloseTo(second);
});
