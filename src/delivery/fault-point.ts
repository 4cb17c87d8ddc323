/**
 * The moments between planning a report and recording its end at which a process may die; the fault run kills it at each.
 * Without `FAULT_POINT` in the environment they do nothing.
 */
export const FAULT_POINTS = [
  'planned',
  'claimed',
  'rendered',
  'deliveries_written',
  'intent_written',
  'before_data',
  'data_begun',
  'after_data',
  'answered',
  'recorded',
  'closed',
] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

/** Dies, or stands still (`<point>:stop`), the first time that the wanted point is reached. */
export class Faults {
  private wanted: string | null;
  private readonly signal: 'SIGKILL' | 'SIGSTOP';

  constructor(faultPoint: string | null) {
    const [point = '', how] = (faultPoint ?? '').split(':');
    this.wanted = (FAULT_POINTS as readonly string[]).includes(point) ? point : null;
    this.signal = how === 'stop' ? 'SIGSTOP' : 'SIGKILL';
  }

  at(point: FaultPoint): void {
    if (this.wanted !== point) return;
    this.wanted = null;
    process.kill(process.pid, this.signal);
  }
}
