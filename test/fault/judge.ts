/** Compares the ledger with what the mail host saw. */
import { SCHEDULES, STEP_MINUTES, type DeliveryRow, type OccurrenceRow } from './world.js';
import type { Witness } from './witness.js';

export interface Judgement {
  readonly occurrences: number;
  readonly deliveries: number;
  /** Due times without their occurrence, or recipients without an end. */
  readonly misses: number;
  /** Mails that the host took more than once for one delivery. */
  readonly duplicates: number;
  /** Entries whose state is not what the host saw; each in words. */
  readonly contradictions: readonly string[];
  /** Reports of which the host refused one recipient and took the other's mail, once each. */
  readonly partlyRefused: number;
  /** Deliveries by state. */
  readonly states: Readonly<Record<string, number>>;
}

/** @param from end of what was planned before; @param until when the schedules ended, both in epoch milliseconds */
export function judge(
  { from, until }: { from: number; until: number },
  rows: readonly OccurrenceRow[],
  deliveries: readonly DeliveryRow[],
  witness: Pick<Witness, 'taken' | 'acknowledged' | 'ended' | 'begun'>,
): Judgement {
  const step = STEP_MINUTES * 60_000;
  const due: number[] = [];
  for (let at = Math.ceil((from + 1) / step) * step; at < until; at += step) due.push(at);
  const planned = rows.filter(({ due_local }) => /^\d{4}-/.test(due_local));
  const found = new Set(planned.map(({ schedule_id, due_at }) => `${schedule_id} ${due_at.getTime()}`));
  const schedules = new Set(rows.map(({ schedule_id }) => schedule_id));
  const missing = [...schedules].flatMap((id) => due.filter((at) => !found.has(`${id} ${at}`)));

  const states: Record<string, number> = {};
  const perOccurrence = new Map<string, DeliveryRow[]>(rows.map(({ id }) => [id, []]));
  const taken = tally(witness.taken.map(({ messageId }) => messageId));
  const begun = tally(witness.begun);
  const acknowledged = new Set(witness.acknowledged.map(({ messageId }) => messageId));
  const contradictions: string[] = [];
  /** What the host can tell for sure decides; where it saw a message begin, the sender may not know its end. */
  const isRight = ({ id, recipient, state, evidence }: DeliveryRow): boolean => {
    const messageId = `<${id}@example.com>`;
    const count = taken.get(messageId) ?? 0;
    if (evidence.length === 0) return false;
    if (state === 'accepted') return count === 1 && acknowledged.has(messageId);
    if (state === 'rejected') return count === 0 && /^refuse(-data)?\./.test(recipient);
    if (state !== 'unknown') return false;
    if (witness.ended.has(messageId)) return true;
    const left = begun.get(recipient) ?? 0;
    begun.set(recipient, left - 1);
    return left > 0;
  };
  for (const delivery of deliveries) {
    const { occurrence_id, recipient, state, id } = delivery;
    perOccurrence.get(occurrence_id)?.push(delivery);
    states[state] = (states[state] ?? 0) + 1;
    if (!isRight(delivery)) {
      const count = taken.get(`<${id}@example.com>`) ?? 0;
      contradictions.push(`${recipient} is ${state}; the mail host took it ${count} times`);
    }
  }
  const refused = new Set(
    deliveries
      .filter(({ recipient, state }) => recipient.startsWith('refuse.') && state === 'rejected')
      .map(({ occurrence_id }) => occurrence_id),
  );
  const partlyRefused = deliveries.filter(
    ({ id, occurrence_id, recipient, kind }) =>
      kind === 'report' &&
      recipient.startsWith('ok.') &&
      refused.has(occurrence_id) &&
      taken.get(`<${id}@example.com>`) === 1,
  ).length;
  for (const { id, state } of rows) {
    if (state !== 'finished') contradictions.push(`occurrence ${id} is ${state}`);
    const wrong = noticesOf(perOccurrence.get(id) ?? []);
    if (wrong !== null) contradictions.push(`occurrence ${id} ${wrong}`);
  }
  const short = rows.filter(({ id }) => perOccurrence.get(id)?.filter(isReport).length !== 2);
  return {
    occurrences: rows.length,
    deliveries: deliveries.length,
    misses: missing.length + short.length + (SCHEDULES - schedules.size) + (planned.length - found.size),
    duplicates: [...taken.values()].filter((count) => count > 1).length,
    contradictions,
    partlyRefused,
    states,
  };
}

const isReport = ({ kind }: DeliveryRow): boolean => kind === 'report';

/**
 * Its owner is told once when it is not certain that the report reached everyone, else not at all. One that was unknown when
 * they were told may have turned out well later.
 * @returns what is wrong; null when that holds
 */
function noticesOf(deliveries: readonly DeliveryRow[]): string | null {
  const reports = deliveries.filter(isReport);
  const notices = deliveries.length - reports.length;
  const isUnreached = reports.some(({ state }) => state !== 'accepted');
  const wasUnknown = reports.some(({ evidence }) => evidence.some(({ outcome }) => outcome === 'unknown'));
  const isRight = notices === 1 ? isUnreached || wasUnknown : notices === 0 && !isUnreached;
  return isRight ? null : `has ${notices} notices; its reports are ${reports.map(({ state }) => state).join(', ')}`;
}

function tally(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
