import { Problem } from '../common/problem.js';
import { ProtocolViolation } from '../pgwire/frames.js';
import type { Fault } from '../pgwire/server-messages.js';
import { SqlMistake } from '../sql/mistake.js';
import { UpstreamFault } from './upstream.js';

/** Codes of ours with a SQLSTATE of their own; others go by their status. */
const SQLSTATES: Readonly<Record<string, string>> = {
  unauthenticated: '28000',
  forbidden: '42501',
  non_additive: '0A000',
  query_cancelled: '57014',
  engine_timeout: '57014',
  too_many_queries: '53300',
  unknown_metric: '42703',
  unknown_dimension: '42703',
  unknown_member: '42703',
  too_many: '54000',
  engine_out_of_memory: '53200',
};
const BY_STATUS: Readonly<Record<number, string>> = {
  400: '22023',
  401: '28000',
  403: '42501',
  404: '42P01',
  409: '55000',
  422: '22023',
  429: '53300',
  503: '53300',
  504: '57014',
};

/** What the advice of other doors means in SQL. */
const HINTS: Readonly<Record<string, string>> = {
  date_range_required: 'Bound the time on both sides: WHERE recorded_at >= … AND recorded_at < …',
};

/** Names of ours that may stand in what Postgres says. */
const OURS = /tributary_source_\d+_\w+|_source_\d+_\d+/g;

/** An error as a client reads it. What is not a user's mistake says nothing about the inside. */
export function faultOf(error: unknown): Fault & { readonly unexpected?: true } {
  if (error instanceof SqlMistake) return error.fault;
  if (error instanceof UpstreamFault) {
    const { position: _, ...fault } = error.fault;
    return { ...fault, message: fault.message.replace(OURS, 'marketing') };
  }
  if (error instanceof ProtocolViolation) return { severity: 'FATAL', code: '08P01', message: error.message };
  if (error instanceof Problem) {
    const item = error.errors[0];
    const code = SQLSTATES[error.code] ?? SQLSTATES[item?.code ?? ''] ?? BY_STATUS[error.status] ?? 'XX000';
    const seconds = error.headers['retry-after'];
    const hint = seconds === undefined ? HINTS[item?.code ?? ''] : `Come back in ${seconds} s.`;
    return {
      ...{ code, message: item?.message ?? error.message },
      ...(item ? { detail: error.message } : {}),
      ...(hint === undefined ? {} : { hint }),
    };
  }
  return { code: 'XX000', message: 'Something went wrong on our side; the log says what.', unexpected: true };
}
