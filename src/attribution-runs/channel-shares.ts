/** What markov and shapley say about channels beside credit and revenue. Pure. */
import {
  creditShares,
  isTooLittleData,
  shareIntervals,
  type Confidence,
  type Intervals,
  type PartCredit,
} from '../attribution/bootstrap/resample.js';
import type { MarkovFit } from './markov-fits.service.js';
import type { ModelResult, RunResult } from './run-row.js';

type ChannelRow = ModelResult['rows'][number];

/** Each channel's removal effect and share of the chain, and how sure the share is. */
export function describedByChain(result: RunResult, fit: MarkovFit | null): RunResult {
  if (fit === null) return result;
  const effects = new Map(fit.chain.effects.map((effect) => [effect.channel, effect]));
  return withShares(result, 'markov', fit.hasTooLittleData, fit.intervals, ({ value }) => {
    const effect = effects.get(value ?? '');
    return effect && { removal_effect: effect.removal_effect, share: effect.share };
  });
}

/** Each channel's part of what shapley credits, and how sure it is. @param parts where intervals are wanted */
export function describedByShapley(
  result: RunResult,
  parts: readonly PartCredit[],
  confidence: Confidence | null,
): RunResult {
  const { shapley } = result.models;
  if (!shapley) return result;
  const touched = shapley.rows.filter(isTouched);
  const intervals = confidence && shareIntervals((weights) => creditShares(parts, weights), confidence);
  const isTooLittle = isTooLittleData(shapley.credited, touched.length);
  return withShares(result, 'shapley', isTooLittle, intervals, ({ conversions }) => ({
    share: shapley.credited === 0 ? 0 : Number(conversions) / shapley.credited,
  }));
}

const isTouched = ({ value }: ChannelRow): boolean => value !== 'unattributed';

function withShares(
  result: RunResult,
  key: string,
  isTooLittle: boolean,
  intervals: Intervals | null,
  sharesOf: (row: ChannelRow) => Partial<ChannelRow> | undefined,
): RunResult {
  const model = result.models[key];
  if (!model) return result;
  const rows = model.rows.map((row) => {
    const shares = isTouched(row) ? sharesOf(row) : undefined;
    if (!shares) return row;
    const share_interval = intervals?.get(row.value ?? '');
    return { ...row, ...shares, ...(share_interval ? { share_interval } : {}) };
  });
  return { ...result, models: { ...result.models, [key]: { ...model, rows, too_little_data: isTooLittle } } };
}
