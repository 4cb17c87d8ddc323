/** Names in a request → members of the model. */
import { nearestNames } from '../../common/nearest.js';
import { BASE_DIMENSIONS, ROWS_KEY, valueKind, type BaseDimension, type ValueKind } from '../cube/base.js';
import { isUuidColumn } from '../dialect/field-sql.js';
import { ATTRIBUTION_MODELS, isAttributionModel } from '../model/relations.js';
import type { DataType, Member, Model } from '../model/types.js';
import { ALL_VISIBLE, type Visibility } from '../model/visibility.js';
import type { Mistakes } from './mistakes.js';

/** A member that a request may use: a metric or dimension of the model, or a base dimension. */
export interface Resolved {
  readonly key: string;
  readonly role: 'metric' | 'dimension';
  readonly kind: ValueKind;
  readonly type: DataType | 'datetime';
  readonly label: string;
  readonly description: string | null;
  readonly unit: string | null;
  /** Null for a base dimension. */
  readonly member: Member | null;
}

/** For the SQL API's COUNT(*); never suggested. */
const ROWS: Resolved = {
  key: ROWS_KEY,
  role: 'metric',
  kind: 'number',
  type: 'integer',
  label: 'Rows',
  description: null,
  unit: null,
  member: null,
};

/** Code of the mistake of asking for a member that is quarantined. */
export const QUARANTINED = 'member_quarantined';

/** What is said of asking for it. */
export function setAside({ key, diagnostics }: Pick<Member, 'key' | 'diagnostics'>): string {
  const why = diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  return `“${key}” is set aside until its definition is repaired: ${why.join(' ')}`.trim();
}

type Wanted = 'metric' | 'dimension' | 'member';

/** Finds members by key or alias, and notes which aliases were used, and where. */
export class MemberResolver {
  /** alias → key, for each alias used. */
  readonly aliases: Record<string, string> = {};
  /** key → where the request names it first, as a JSON pointer. */
  readonly places = new Map<string, string>();
  private readonly byKey = new Map<string, Resolved>();
  private readonly byAlias = new Map<string, string>();

  constructor(
    model: Model,
    private readonly mistakes: Mistakes,
    private readonly visibility: Visibility = ALL_VISIBLE,
  ) {
    const { hidden } = visibility;
    for (const base of BASE_DIMENSIONS) if (!hidden.has(base.key)) this.byKey.set(base.key, fromBase(base));
    this.byKey.set(ROWS_KEY, ROWS);
    for (const member of model.members) {
      if (hidden.has(member.key)) continue;
      const base = this.byKey.get(member.key);
      // The time dimension stays the base cube's, an instant; a metric can't take a base dimension's place.
      const stays = base !== undefined && (member.kind !== 'dimension' || base.kind === 'datetime');
      if (!stays) this.byKey.set(member.key, fromMember(member));
      if (!stays || member.kind === 'dimension')
        for (const alias of member.aliases) this.byAlias.set(alias, member.key);
    }
  }

  isMasked = ({ key }: Resolved): boolean => this.visibility.masked.has(key);

  /** The member by this key or alias, if there is one, whatever may be done with it. */
  peek(name: string): Resolved | undefined {
    return this.byKey.get(name) ?? this.byKey.get(this.byAlias.get(name) ?? '');
  }

  /** The member, or undefined after noting the mistake at `pointer`. What is masked can be selected and nothing else. */
  find(name: string, wanted: Wanted, pointer: string, use: 'select' | 'other' = 'other'): Resolved | undefined {
    const viaAlias = this.byKey.has(name) ? undefined : this.byAlias.get(name);
    const found = this.byKey.get(viaAlias ?? name);
    if (found === undefined) return this.unknown(name, wanted, pointer);
    if (viaAlias !== undefined) this.aliases[name] = viaAlias;
    if (found.member?.status === 'quarantined') {
      this.mistakes.add(QUARANTINED, setAside(found.member), pointer);
      return undefined;
    }
    if (wanted !== 'member' && found.role !== wanted) {
      const list = found.role === 'metric' ? '“metrics”' : '“dimensions”';
      this.mistakes.add(
        `not_a_${wanted}`,
        `“${name}” is a ${found.role}, not a ${wanted}; put it under ${list}.`,
        pointer,
      );
      return undefined;
    }
    if (use === 'other' && this.isMasked(found)) {
      const message = `“${found.key}” is masked for you: it can be selected, but rows can’t be filtered, sorted, ranked or grouped by it.`;
      this.mistakes.add('masked_member', message, pointer);
      return undefined;
    }
    if (!this.places.has(found.key)) this.places.set(found.key, pointer);
    return found;
  }

  private unknown(name: string, wanted: Wanted, pointer: string): undefined {
    const [metric = '', model] = name.split(':');
    const named = this.peek(metric);
    if (model !== undefined && named !== undefined) {
      const [code, message] = isAttributionModel(model)
        ? ['not_attributed', `“${metric}” is the same for every attribution model; leave out “:${model}”.`]
        : [
            'unknown_attribution_model',
            `There is no attribution model “${model.slice(0, 60)}”; models are ${ATTRIBUTION_MODELS.join(', ')}.`,
          ];
      this.mistakes.add(code, message, pointer, code === 'not_attributed' ? [metric] : ATTRIBUTION_MODELS);
      return undefined;
    }
    const near = nearestNames(name, this.names(wanted));
    const hint = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : '';
    const what = wanted === 'member' ? 'metric or dimension' : wanted;
    this.mistakes.add(`unknown_${wanted}`, `There is no ${what} “${name.slice(0, 80)}”.${hint}`, pointer, near);
    return undefined;
  }

  private *names(wanted: Wanted): Iterable<string> {
    const fits = (resolved: Resolved | undefined): boolean =>
      resolved !== undefined &&
      resolved !== ROWS &&
      resolved.member?.status !== 'quarantined' &&
      (wanted === 'member' || resolved.role === wanted);
    for (const [key, resolved] of this.byKey) if (fits(resolved)) yield key;
    for (const [alias, key] of this.byAlias) if (fits(this.byKey.get(key))) yield alias;
  }
}

function fromBase({ key, label, description, kind }: BaseDimension): Resolved {
  const type = kind === 'datetime' ? 'datetime' : 'string';
  return { key, role: 'dimension', kind, type, label, description, unit: null, member: null };
}

function fromMember(member: Member): Resolved {
  const { key, label, description, unit } = member;
  const role = member.kind === 'dimension' ? 'dimension' : 'metric';
  const instant = isBaseColumn(member, 'recorded_at');
  return {
    key,
    role,
    kind: instant ? 'datetime' : isUuid(member) ? 'uuid' : valueKind(member.data_type),
    type: instant ? 'datetime' : member.data_type,
    label,
    description,
    unit,
    member,
  };
}

const isBaseColumn = (member: Member, column: string): boolean =>
  member.kind === 'dimension' &&
  member.data_type === 'string' &&
  member.field.kind === 'column' &&
  member.field.column === column;
const isUuid = (member: Member): boolean =>
  member.kind === 'dimension' &&
  member.data_type === 'string' &&
  member.field.kind === 'column' &&
  isUuidColumn(member.field.column);
