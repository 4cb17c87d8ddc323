import { Injectable } from '@nestjs/common';
import { unprocessable } from '../common/problem.js';
import { isTooLittleData, shareIntervals, type Intervals } from '../attribution/bootstrap/resample.js';
import type { Chain } from '../attribution/markov/chain.js';
import { WHOLE_CREDIT, type Model } from '../attribution/models/models.js';
import type { Parameters } from '../attribution/models/parameters.js';
import { RunEngine } from './run-engine.js';
import type { RunRequest } from './run-row.js';

/** The systems of so many unknowns, once for each channel, are solved in seconds. */
const MOST_WORK = 30_000_000;

export interface MarkovFit {
  readonly model: Model;
  readonly chain: Chain;
  readonly intervals: Intervals | null;
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
    // What solves the equations takes a second to load, which the start of the process need not wait for.
    const [{ chainOf }, { chainShares, merged }] = await Promise.all([
      import('../attribution/markov/chain.js'),
      import('../attribution/markov/parts.js'),
    ]);
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
      intervals: confidence && shareIntervals((weights) => chainShares(steps, weights), confidence),
      hasTooLittleData: isTooLittleData(conversions, chain.effects.length),
    };
  }
}

/** Lets what waits go first. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
