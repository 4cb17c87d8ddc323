/** Which sensitive members a request reads: what it selects and filters by, and everything behind that. Pure. */
import type { ReportRequest } from '../query/types.js';
import type { Member, Model } from './types.js';

/** Keys, sorted. A request to an organisation that marks no member as sensitive is not even looked through. */
export function sensitiveMembers({ members }: Model, request: ReportRequest): readonly string[] {
  const sensitive = members.filter(({ is_sensitive }) => is_sensitive === true);
  if (sensitive.length === 0) return NONE;
  const byName = new Map<string, Member>();
  for (const member of members) for (const name of [...member.aliases, member.key]) byName.set(name, member);
  const found = new Set<string>();
  const queue = [...request.metrics, ...request.dimensions, ...namedIn([request.filters, request.top, request.order])];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    // `attributed_revenue:first_touch` is the metric by one model.
    const member = byName.get(name) ?? byName.get(name.split(':')[0] ?? '');
    if (!member || found.has(member.key)) continue;
    found.add(member.key);
    queue.push(...member.depends_on);
  }
  return sensitive.flatMap(({ key }) => (found.has(key) ? [key] : [])).sort();
}

const NONE: readonly string[] = Object.freeze([]);

/** Every text in a part of a request: what names no member is looked up in vain. */
function namedIn(part: unknown): string[] {
  if (typeof part === 'string') return [part];
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([name, value]) => (name === 'values' ? [] : namedIn(value)));
}
