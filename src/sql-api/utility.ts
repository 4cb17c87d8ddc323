import * as server from '../pgwire/server-messages.js';
import { SqlMistake } from '../sql/mistake.js';
import type { Statement } from '../sql/statement.js';
import type { MirrorSession } from './mirror-session.js';
import type { SessionHost } from './session-host.js';
import type { Statements } from './statements.js';

/** A statement that changes the session instead of reading. */
export type UtilityStatement = Exclude<Statement, { kind: 'query' | 'pass' }>;

/** What utility statements work on. */
export interface UtilityContext {
  readonly session: MirrorSession;
  readonly statements: Statements;
  readonly send: SessionHost['send'];
}

/** Does what a utility statement says, and tells the client that it is done. @throws SqlMistake, UpstreamFault */
export async function perform(statement: UtilityStatement, context: UtilityContext): Promise<void> {
  context.session.refuseInFailed(statement);
  const tag = await tagOf(statement, context);
  await context.send(server.commandComplete(tag));
}

/** @returns the tag that says what was done */
async function tagOf(statement: UtilityStatement, { session, statements, send }: UtilityContext): Promise<string> {
  switch (statement.kind) {
    case 'begin':
      session.beginExplicit();
      return 'BEGIN';
    case 'commit':
    case 'rollback': {
      const how = statement.kind === 'rollback' || session.hasFailed ? 'ROLLBACK' : 'COMMIT';
      if (!session.isExplicit) await send(server.noticeResponse('25P01', 'there is no transaction in progress'));
      await session.finish(how);
      return how;
    }
    case 'savepoint': {
      const [verb = ''] = statement.sql.split(' ');
      if (!session.isExplicit)
        throw new SqlMistake({ code: '25P01', message: `${verb} can only be used in transaction blocks` });
      await session.savepoint(statement.sql);
      return verb.toUpperCase();
    }
    case 'set':
      await session.set(statement.sql, statement.name);
      return /^RESET/i.test(statement.sql) ? 'RESET' : 'SET';
    case 'reset all':
      await session.resetAll();
      return statement.tag;
    case 'discard':
      if (session.isExplicit)
        throw new SqlMistake({ code: '25001', message: 'DISCARD ALL cannot run inside a transaction block' });
      await session.finish('COMMIT');
      statements.clear();
      session.discard();
      return statement.tag;
    case 'deallocate':
      if (statement.name === null) {
        statements.clear();
        return 'DEALLOCATE ALL';
      }
      statements.get(statement.name);
      statements.delete(statement.name);
      return 'DEALLOCATE';
    case 'prepare':
      await statements.prepareQuery(statement.name, statement.types, statement.query);
      return 'PREPARE';
    case 'nothing':
      return statement.tag;
    case 'execute':
      throw new Error('EXECUTE is prepared as what it executes.');
    default:
      return statement satisfies never;
  }
}
