/**
 * Which rows of the system of record exist for the work at hand. The scope goes along with asynchronous work, and each
 * connection of the pool takes it on before it is handed out; Postgres then enforces it by row-level security.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { isUuid } from '../../common/uuid.js';

/** One organisation's rows; or those of all, for work of the product itself, which says why. */
export type Scope = { readonly organizationId: string } | { readonly across: string };

/** A request's scope is empty until it is known who asks. */
interface Holder {
  scope: Scope | null;
}

const storage = new AsyncLocalStorage<Holder>();

/** What the work at hand may see; null where nobody said, and then there is nothing to see. */
export const currentScope = (): Scope | null => storage.getStore()?.scope ?? null;

/** Runs work for one organisation: rows of others do not exist for it. */
export function inOrganization<T>(organizationId: string, work: () => T): T {
  if (!isUuid(organizationId)) throw new Error('A scope needs the id of an organisation.');
  return storage.run({ scope: { organizationId } }, work);
}

/**
 * Runs work over all organisations.
 * @param why such work is rare: finding out who asks, waking what is due, setting up
 */
export const acrossOrganizations = <T>(why: string, work: () => T): T => storage.run({ scope: { across: why } }, work);

/** Runs a request, which sees nothing before {@link enterOrganization}. */
export const inNewRequest = <T>(work: () => T): T => storage.run({ scope: null }, work);

/** Runs work that has no scope at all, for what outlives whoever starts it. */
export const outsideAnyScope = <T>(work: () => T): T => storage.exit(work);

/** From now on the request sees its organisation. @throws Error when it belongs to another one already */
export function enterOrganization(organizationId: string): void {
  const holder = storage.getStore();
  if (!holder) return;
  const { scope } = holder;
  if (scope !== null && 'organizationId' in scope && scope.organizationId !== organizationId)
    throw new Error('A request can’t change its organisation.');
  if (scope === null) holder.scope = { organizationId };
}
