import type { PlannedColumn } from '../../../compiler/query/types.js';
import type { ChartValue } from './data.js';

/** An axis of values in round steps, which has zero on it. */
export interface Scale {
  readonly step: number;
  /** Steps above zero and below. */
  readonly up: number;
  readonly down: number;
}

/** Round steps, about as many as wished for, that cover all values and zero. Counts are not parted. */
export function scaleOf(values: readonly ChartValue[], steps: number, { type }: Pick<PlannedColumn, 'type'>): Scale {
  const { least, most } = reach(values);
  const wished = (most - least) / steps;
  const step = wished === 0 ? 1 : Math.max(roundStep(wished, 'nearest'), type === 'integer' ? 1 : 0);
  const up = stepsTo(most, step);
  const down = stepsTo(-least, step);
  return { step, down, up: up + down === 0 ? 1 : up };
}

/** Two axes with zero and every step at the same height, so that lines across the picture are right for both. */
export function alongside(own: Scale, values: readonly ChartValue[]): readonly [own: Scale, other: Scale] {
  const { least, most } = reach(values);
  const up = own.up === 0 && most > 0 ? 1 : own.up;
  const down = own.down === 0 && least < 0 ? 1 : own.down;
  const wished = Math.max(up === 0 ? 0 : most / up, down === 0 ? 0 : -least / down);
  return [
    { step: own.step, up, down },
    { step: wished === 0 ? 1 : roundStep(wished, 'above'), up, down },
  ];
}

export const ticksOf = ({ step, up, down }: Scale): readonly number[] =>
  Array.from({ length: up + down + 1 }, (_tick, index) => Number(((index - down) * step).toPrecision(12)));

/** Where a value stands between the ends of the axis, from 0 to 1. */
export const shareOf = ({ step, up, down }: Scale, value: number): number => (value / step + down) / (up + down);

const reach = (values: readonly ChartValue[]): { readonly least: number; readonly most: number } => ({
  least: values.reduce<number>((least, value) => Math.min(least, value ?? 0), 0),
  most: values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0),
});

/** A sum of tenths that misses a step by the last bit needs no further step. */
const stepsTo = (end: number, step: number): number => Math.max(0, Math.ceil(end / step - 1e-9));

const ROUND = [1, 2, 3, 5, 10] as const;
/** Where the number of steps is given, more of them, so that less room stays empty. */
const ROUND_ABOVE = [1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10] as const;
/** From here on, the next of the round numbers is nearer. */
const HALFWAY = [1.5, 2.5, 4, 7] as const;

function roundStep(wished: number, which: 'nearest' | 'above'): number {
  const size = 10 ** Math.floor(Math.log10(wished));
  const share = wished / size;
  if (which === 'above') return (ROUND_ABOVE.find((each) => share <= each * (1 + 1e-9)) ?? 10) * size;
  const at = HALFWAY.findIndex((bound) => share < bound);
  return (ROUND[at] ?? 10) * size;
}
