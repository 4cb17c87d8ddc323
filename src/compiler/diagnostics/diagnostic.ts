import type { Diagnostic } from '../model/types.js';

/** A fault that takes the member out of use. */
export const fault = (
  code: string,
  pointer: string,
  message: string,
  more: Pick<Diagnostic, 'range' | 'suggestions'> = {},
): Diagnostic => ({ code, severity: 'error', message, pointer, ...more });

/** Something that the author should look at; the member stays in use. */
export const warning = (code: string, pointer: string, message: string): Diagnostic => ({
  code,
  severity: 'warning',
  message,
  pointer,
});

export const hasFault = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some(({ severity }) => severity === 'error');
