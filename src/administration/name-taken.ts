import { conflict } from '../common/problem.js';

/** What Postgres says when a unique index refuses. */
const UNIQUE_VIOLATION = '23505';

/** Turns the refusal of a name that is taken into what to tell. */
export const nameTaken =
  (thing: string) =>
  (thrown: unknown): never => {
    if ((thrown as { code?: string }).code !== UNIQUE_VIOLATION) throw thrown;
    throw conflict('name_taken', `There is a ${thing} of that name already.`);
  };
