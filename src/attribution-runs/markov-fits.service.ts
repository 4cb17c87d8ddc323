import { Injectable } from '@nestjs/common';
import { unprocessable } from '../common/problem.js';
import { chainOf, type Chain } from '../attribution/markov/chain.js';
import { merged, shareIntervals, type PartStep } from '../attribution/markov/resample.js';
import { WHOLE_CREDIT, type Model } from '../attribution/models/models.js';
import type { Parameters } from '../attribution/models/parameters.js';
import { RunEngine } from './run-engine.js';
import type { RunRequest, RunResult } from './run-row.js';

/** The systems of so many unknowns, once for each channel, are solved in seconds. */
const MOST_WORK = 30_000_000;
/** Below so many conversions, or so many a channel, a fit is called one of too little data. */
const LEAST_CONVERSIONS = 100;
const LEAST_PER_CHANNEL = 10;

export interface MarkovFit {
  readonly model: Model;
  readonly chain: Chain;
  readonly intervals: ReadonlyMap<string, readonly [number, number]> | null;
  readonly hasTooLittleData: boolean;
}

/** Fits the Markov chain of an organisation's journeys: counted in the engine, solved here. */
@Injectable()
export class MarkovFits {
  constructor(private readonly engine: RunEngine) {}

  /** @throws Problem 422 `too_many_channels` */
  async fit(
    organizationId: string,
    parameters: Parameters,
    { settings, confidence }: RunRequest,
    signal: AbortSignal,
  ): Promise<MarkovFit> {
    const order = settings.markov_order;
    const steps = await this.engine.transitions(organizationId, parameters, order, signal);
    const all = merged(steps, null);
    const states = new Set(all.map(({ source }) => source)).size;
    const channels = new Set(all.map(({ source }) => source.split('\u001f').at(-1))).size;
    if (channels * states * states > MOST_WORK)
      throw unprocessable(
        'too_many_channels',
        `markov of order ${order} over ${channels} values of ${parameters.by} has ${states} states, which is too many. Use a lower markov_order, or another “by”.`,
      );
    await turn();
    const chain = chainOf(all);
    const conversions = all.reduce((sum, { target, count }) => (target === 'v' ? sum + count : sum), 0);
    return {
      chain,
      model: {
        key: 'markov',
        weighing: {
          kind: 'channels',
          weights: chain.effects.map(({ channel, removal_effect }) => [
            channel,
            Math.round(removal_effect * WHOLE_CREDIT),
          ]),
          other: 0,
          spread: true,
        },
      },
      intervals: confidence === null ? null : shareIntervals(steps, confidence),
      hasTooLittleData: conversions < Math.max(LEAST_CONVERSIONS, LEAST_PER_CHANNEL * chain.effects.length),
    };
  }
}

/** Lets what waits go first. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The result with what the fit says about each channel. */
export function described(result: RunResult, { chain, intervals, hasTooLittleData }: MarkovFit): RunResult {
  const { markov } = result.models;
  if (!markov) return result;
  const effects = new Map(chain.effects.map((effect) => [effect.channel, effect]));
  const rows = markov.rows.map((row) => {
    const effect = effects.get(row.value ?? '');
    if (!effect || row.value === 'unattributed') return row;
    const { removal_effect, share } = effect;
    const share_interval = intervals?.get(row.value ?? '');
    return { ...row, removal_effect, share, ...(share_interval ? { share_interval } : {}) };
  });
  return { ...result, models: { ...result.models, markov: { ...markov, rows, too_little_data: hasTooLittleData } } };
}
export type { PartStep };
