/** What a change of the model does to what is built on it: other metrics, and saved report views. */
import { Problem } from '../common/problem.js';
import type { CompiledModel } from '../compiler/cube/compile.js';
import { resolveMember } from '../compiler/model/build.js';
import { memberMeaning } from '../compiler/model/diff.js';
import type { Model } from '../compiler/model/types.js';
import { planQuery } from '../compiler/query/plan.js';
import { namesOf, plainKey } from '../compiler/query/attribution.js';
import type { ReportRequest } from '../compiler/query/types.js';

export interface SavedRequest {
  readonly id: string;
  readonly report_name: string;
  readonly request: ReportRequest;
}
export interface ViewImpact {
  readonly id: string;
  readonly report_name: string;
  /**
   * `stops`: it would be refused. `changes`: it runs, but without a metric, or a number means something else, or a column has
   * a new name.
   */
  readonly effect: 'stops' | 'changes';
  /** What is wrong, or what changes. */
  readonly reasons: readonly string[];
}
/** Two models of one organisation, and where they differ in meaning. */
export interface ModelStep {
  readonly organizationId: string;
  readonly before: Model;
  readonly after: Model;
  readonly now: Date;
}

/** Keys that can be used before and are there but quarantined after, sorted. */
export function brokenMetrics(before: Model, after: Model): string[] {
  const usable = new Set(before.members.filter(({ status }) => status === 'valid').map(({ key }) => key));
  return after.members.filter(({ key, status }) => status === 'quarantined' && usable.has(key)).map(({ key }) => key);
}

/** Views that ran before and will not, or not as they did. Views that are broken already are left out. */
export async function affectedViews(step: ModelStep, views: readonly SavedRequest[]): Promise<ViewImpact[]> {
  const { before, after } = step;
  const found: ViewImpact[] = [];
  const differences = new Map<string, string | null>();
  for (const { id, report_name, request } of views) {
    const reasons = [...namesIn(request)].flatMap((name) => {
      const known = differences.get(name);
      const difference = known === undefined ? differenceOf(name, before, after) : known;
      differences.set(name, difference);
      return difference ?? [];
    });
    if (reasons.length === 0 || (await refusals(step, before, request)).length > 0) continue;
    const refused = await refusals(step, after, request);
    found.push(
      refused.length > 0
        ? { id, report_name, effect: 'stops', reasons: refused }
        : { id, report_name, effect: 'changes', reasons },
    );
  }
  return found;
}

/** Names of members that a request uses, without the attribution models that it names with them. */
export const namesIn = (request: ReportRequest): ReadonlySet<string> => new Set(namesOf(request).map(plainKey));

/** What is different about a name; null when nothing is. */
function differenceOf(name: string, before: Model, after: Model): string | null {
  const old = resolveMember(before, name)?.member;
  const now = resolveMember(after, name)?.member;
  if (!old && !now) return null;
  if (!old || !now) return now ? `“${name}” is new.` : `“${name}” is gone; the report would be without it.`;
  if (now.status === 'quarantined' && old.status === 'valid')
    return `“${name}” is set aside until its definition is repaired; the report would be without it.`;
  if (old.key !== now.key) return `“${name}” now leads to ${now.key}, and its column is called so.`;
  if (memberMeaning(before, old.key) === memberMeaning(after, now.key)) return null;
  return `“${name}” is calculated in another way.`;
}

/** Why a request would be refused over this model; empty when it would run. Nothing is compiled for it. */
async function refusals({ organizationId, now }: ModelStep, model: Model, request: ReportRequest): Promise<string[]> {
  const uncompiled: CompiledModel = {
    dialect: 'clickhouse',
    model,
    toSql: () => Promise.resolve({ sql: '', params: [] }),
  };
  try {
    await planQuery({
      snapshot: { model },
      compiled: uncompiled,
      request,
      dialect: 'clickhouse',
      organizationId,
      now,
      maxRows: null,
    });
    return [];
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown;
    return thrown.errors.length > 0 ? thrown.errors.map(({ message }) => message) : [thrown.detail];
  }
}
