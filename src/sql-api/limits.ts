/** How much one client of the SQL API, and all of them together, may take. Times are in milliseconds. */

/** Connections of all clients. */
export const MOST_CONNECTIONS = 400;
/** Connections that are not yet proven to be anyone's. */
export const MOST_UNPROVEN = 50;
/** Sessions of the mirrors' Postgres at the same time; a client without running work needs none. */
export const MOST_SESSIONS = 40;
/** The same of one organisation, whose open transactions are not to keep others out. */
export const MOST_SESSIONS_OF_ONE = 25;
/** A client waits this long for a session. */
export const PATIENCE_MS = 10_000;
/** A session that has nothing to do is given back after this long. */
export const SESSION_IDLE_MS = 10_000;
/** Bytes of one message. */
export const MOST_MESSAGE = 16 * 1024 * 1024;
/** Bytes of one row of an answer. */
export const MOST_ROW = 64 * 1024 * 1024;
/** Bytes read ahead of what is being done. */
export const READ_AHEAD = 1024 * 1024;
export const PROVE_WITHIN_MS = 20_000;
/** A client that says nothing is let go. */
export const IDLE_MS = 4 * 3_600_000;
/** The same within a transaction. */
export const IDLE_IN_TRANSACTION_MS = 600_000;
export const STATEMENT_MS = 300_000;
/** Members that are read in one request; more are read in several. */
export const MEMBERS_AT_ONCE = 49;
export const MOST_STATEMENTS = 1_000;
export const MOST_PORTALS = 200;
/** Characters, roughly, of all statements whose meaning is kept; and of the longest text of one. */
export const MOST_KNOWN_TEXT = 32_000_000;
export const LONGEST_KNOWN = 20_000;
