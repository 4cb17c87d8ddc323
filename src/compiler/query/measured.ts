/** A metric as a column of a grouped query. */
import type { ValueKind } from '../cube/base.js';
import { hasExact } from '../cube/generate.js';
import { exactKey } from '../cube/measure.js';
import { plainKey } from './attribution.js';
import type { Member } from '../model/types.js';

export interface Measured {
  readonly member: Member;
  readonly kind: ValueKind;
  /** With all decimals of its calculation, for a formula to build on; else as a reader gets it. */
  readonly isExact: boolean;
}

/** The name of the column: of the metric's measure, where it has one. */
export const columnOf = ({ member, isExact }: Measured): string =>
  isExact && (hasExact(member) || member.kind === 'conversion') ? exactKey(plainKey(member.key)) : plainKey(member.key);
