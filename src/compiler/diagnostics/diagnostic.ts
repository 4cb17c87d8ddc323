import type { Diagnostic } from '../model/types.js';

/** A fault that takes the member out of use. */
export const fault = (
  code: string,
  pointer: string,
  message: string,
  more: Pick<Diagnostic, 'range' | 'suggestions' | 'missing'> = {},
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

/** Between what a definition builds on and why that can't be used. */
const BECAUSE = ", which can't be used: ";

/** A fault of a definition that is sound itself, but builds on one with the fault `cause`. */
export const buildsOnFault = (pointer: string, key: string, cause: Diagnostic | undefined): Diagnostic =>
  fault(
    'depends_on_quarantined',
    pointer,
    `It builds on ${key}${BECAUSE}${cause?.message ?? 'see its diagnostics.'}`,
    cause?.missing === undefined ? {} : { missing: cause.missing },
  );

/** The diagnostic with another reason at its end, behind whatever it says of the way there. */
export function withReason(diagnostic: Diagnostic, reason: string): Diagnostic {
  const { message } = diagnostic;
  const at = message.lastIndexOf(BECAUSE);
  return { ...diagnostic, message: `${at < 0 ? '' : message.slice(0, at + BECAUSE.length)}${reason}` };
}
