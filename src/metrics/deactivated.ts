import { valueAt } from '../common/json-pointer.js';
import { Problem, type ProblemItem } from '../common/problem.js';
import { withReason } from '../compiler/diagnostics/diagnostic.js';
import { resolveMember } from '../compiler/model/build.js';
import type { Library } from '../compiler/model/library.js';
import type { Diagnostic, Member, MemberDefinition, Model } from '../compiler/model/types.js';
import { plainKey } from '../compiler/query/attribution.js';
import { twinOf } from '../compiler/query/columns.js';
import { LEFT_OUT, WITHOUT_IT } from '../compiler/query/left-out.js';
import { QUARANTINED, setAside } from '../compiler/query/resolve.js';
import type { MetricConfig } from './metric-config.entity.js';

const UNKNOWN: ReadonlySet<string> = new Set(['unknown_metric', 'unknown_dimension', 'unknown_member']);

/** A request, with the model that its names are looked up in. */
export interface Asked {
  /** What the pointers of a problem point into. */
  readonly request: unknown;
  readonly model: Model;
}

/** What the checks found, as it is told. */
export type Tell = (diagnostics: readonly Diagnostic[]) => readonly Diagnostic[];

type Named = Pick<MemberDefinition, 'metric_key' | 'display_label' | 'alias_keys'>;

/** Loads the deactivated rows, latest first; called only when they may matter. */
type Inactive = () => Promise<readonly MetricConfig[]>;

/**
 * A refused request names metrics that are not there, or that are made of such; some of them were, and were deactivated.
 * Says so, and how to bring them back.
 */
export async function explainDeactivated(thrown: unknown, asked: Asked, inactive: Inactive): Promise<unknown> {
  const mayMatter = ({ code }: ProblemItem): boolean => UNKNOWN.has(code) || code === QUARANTINED;
  if (!(thrown instanceof Problem) || !thrown.errors.some(mayMatter)) return thrown;
  const rows = await inactive();
  const errors = thrown.errors.map((item): ProblemItem => {
    const name = nameIn(asked, item);
    if (item.code === QUARANTINED) return { ...item, message: whySetAside(asked, name, rows) ?? item.message };
    const row = UNKNOWN.has(item.code) ? rowNamed(name, rows) : undefined;
    return name !== undefined && row ? { ...item, message: wasDeactivated(name, row) } : item;
  });
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more; see errors)` : '';
  return new Problem(thrown.status, thrown.code, `${first?.message ?? thrown.detail}${more}`, errors);
}

/** The same of an answer that is without such metrics: says of each, in its warnings, when it was deactivated. */
export async function withDeactivated(
  warnings: readonly ProblemItem[],
  asked: Asked,
  inactive: Inactive,
): Promise<readonly ProblemItem[]> {
  if (!warnings.some(({ code }) => code === LEFT_OUT)) return warnings;
  const rows = await inactive();
  return warnings.map((item) => {
    if (item.code !== LEFT_OUT) return item;
    const name = nameIn(asked, item);
    const row = rowNamed(name, rows);
    // Whoever reads a report can't change what it is made of.
    const why = row
      ? `“${row.display_label}” was deactivated on ${dayOf(row)}.`
      : whySetAside(asked, name, rows, () => '');
    if (why === undefined) return item;
    const [, rest = ''] = item.message.split(WITHOUT_IT);
    return { ...item, message: `${why}${WITHOUT_IT}${rest}` };
  });
}

/** What the checks found in a definition, said anew where a name that is missing was deactivated. */
export const tellDeactivated = (
  diagnostics: readonly Diagnostic[],
  rows: readonly MetricConfig[],
  whatToDo = leaveOutOrBringBack,
): Diagnostic[] =>
  tellMissing(diagnostics, (name) => {
    const row = rowNamed(name, rows);
    return row && `${named(name, row)}, which it is made of, was deactivated on ${dayOf(row)}.${whatToDo(row)}`;
  });

/**
 * What the checks found in a definition of a file, said anew where a name that is missing is of a standard metric that the
 * files themselves switch off.
 * @param off such a metric’s key → what to call the file
 */
export const tellSwitchedOff = (
  diagnostics: readonly Diagnostic[],
  off: ReadonlyMap<string, string>,
  { members }: Library,
): Diagnostic[] =>
  tellMissing(diagnostics, (name) => {
    const metric = rowNamed(
      name,
      members.filter(({ metric_key: key }) => off.has(key)),
    );
    return (
      metric &&
      `${named(name, metric)}, which it is made of, is switched off in ${off.get(metric.metric_key) ?? ''}, under ` +
        '“deactivated”. Leave it out, or take it from that list.'
    );
  });

/** @param why the reason to give for the name that is missing, as far as there is more to say of it */
const tellMissing = (diagnostics: readonly Diagnostic[], why: (missing: string) => string | undefined): Diagnostic[] =>
  diagnostics.map((diagnostic) => {
    const reason = diagnostic.missing === undefined ? undefined : why(diagnostic.missing);
    return reason === undefined ? diagnostic : withReason(diagnostic, reason);
  });

/** Whether the rows may have something to say of it. */
export const missesSomething = ({ diagnostics }: Pick<Member, 'diagnostics'>): boolean =>
  diagnostics.some(({ missing }) => missing !== undefined);

/** Why a member can't be asked for; undefined where the name leads to none that is set aside. */
function whySetAside(
  { model }: Asked,
  name: string | undefined,
  rows: readonly MetricConfig[],
  whatToDo = leaveOutOrBringBack,
): string | undefined {
  const member = name === undefined ? undefined : resolveMember(model, name)?.member;
  if (member?.status !== 'quarantined') return undefined;
  return setAside({ ...member, diagnostics: tellDeactivated(member.diagnostics, rows, whatToDo) });
}

/** The name that an item is about, without an attribution model or the ending of what a comparison adds. */
function nameIn({ request }: Asked, { pointer = '' }: ProblemItem): string | undefined {
  const written = valueAt(request, pointer);
  return typeof written === 'string' ? plainKey(twinOf(written)?.metric ?? written) : undefined;
}
const rowNamed = <Row extends Named>(name: string | undefined, rows: readonly Row[]): Row | undefined =>
  name === undefined
    ? undefined
    : rows.find(({ metric_key: key, alias_keys }) => key === name || alias_keys.includes(name));
const dayOf = ({ updated_at }: MetricConfig): string => updated_at.toISOString().slice(0, 10);
const named = (name: string, { display_label: label }: Named): string => `“${name}” (${label})`;
const bringBack = ({ id }: MetricConfig): string =>
  `bring it back: PATCH /api/marketing/metrics/${id} with {"is_active": true}.`;
const leaveOutOrBringBack = (row: MetricConfig): string => ` Leave it out, or ${bringBack(row)}`;

const wasDeactivated = (name: string, row: MetricConfig): string =>
  `${named(name, row)} was deactivated on ${dayOf(row)}. Take it out of the request or the report view; or ${bringBack(row)}`;
