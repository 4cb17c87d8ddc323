import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Counters, type Counter } from './counter.js';
import { comeBack } from './refusal.js';

const WINDOW_SECONDS = 60;
/** Wrong secrets from one address for one key: who mistypes gets it right in a few tries. */
const WRONG_FOR_ONE_KEY = 10;
/** Wrong keys of any kind from one address. Behind it may be many people, so it takes more to shut all of them out. */
const WRONG_FROM_ADDRESS = 200;
/** Addresses that are remembered as shut out. */
const MOST_REMEMBERED = 10_000;

/** What was shown, as far as it matters here. */
export interface Shown {
  /** Address that the request came from. */
  readonly address: string;
  /** The id part of the key, or null when it has not even the form of one. */
  readonly keyId: string | null;
}

/**
 * Slows down whoever guesses keys: after too many wrong ones the next are refused unseen, for a while. Who is shut out is
 * remembered in the process, so that a good request costs a look into memory; the counting is shared between processes.
 */
@Injectable()
export class GuessThrottle {
  private readonly forKey: Counter;
  private readonly fromAddress: Counter;
  private readonly shutOut = new LRUCache<string, number>({ max: MOST_REMEMBERED });

  constructor(counters: Counters) {
    this.forKey = counters.counter('guess-key', WINDOW_SECONDS);
    this.fromAddress = counters.counter('guess-address', WINDOW_SECONDS);
  }

  /** Before a key is looked at. @param shown asked for only where anybody is shut out @throws Problem 429 `too_many_attempts` */
  refuseShutOut(shown: () => Shown): void {
    if (this.shutOut.size === 0) return;
    const { address, keyId } = shown();
    const until = Math.max(this.shutOut.get(address) ?? 0, this.shutOut.get(`${address} ${keyId}`) ?? 0);
    const msLeft = until - Date.now();
    if (msLeft > 0) {
      throw comeBack(429, 'too_many_attempts', 'Too many wrong keys came from this address.', msLeft);
    }
  }

  /** After a key turned out to be wrong. */
  async wrong({ address, keyId }: Shown): Promise<void> {
    const [ofKey, ofAddress] = await Promise.all([
      keyId === null ? null : this.forKey.add(`${address} ${keyId}`),
      this.fromAddress.add(address),
    ]);
    if (ofKey && ofKey.used >= WRONG_FOR_ONE_KEY) this.shut(`${address} ${keyId}`, ofKey.msLeft);
    if (ofAddress.used >= WRONG_FROM_ADDRESS) this.shut(address, ofAddress.msLeft);
  }

  private shut(name: string, msLeft: number): void {
    this.shutOut.set(name, Date.now() + msLeft, { ttl: Math.max(1, msLeft) });
  }
}
