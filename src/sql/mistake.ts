import type { Fault } from '../pgwire/server-messages.js';

/** What is wrong with a statement, or what it asks for and can't have. */
export class SqlMistake extends Error {
  constructor(readonly fault: Fault) {
    super(fault.message);
  }
}

/** `0A000`: it can't be answered exactly, so it isn't. */
export const unsupported = (message: string, hint?: string): SqlMistake =>
  new SqlMistake({ code: '0A000', message, hint });
export const notPermitted = (message: string, hint?: string): SqlMistake =>
  new SqlMistake({ code: '42501', message, hint });
