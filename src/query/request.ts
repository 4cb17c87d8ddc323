/**
 * Reads a report request out of JSON that a user sent. Only the shape is checked here (types, unknown fields, allowed
 * words, sizes), every mistake at once and each with a JSON pointer; names are resolved later, against the model.
 */
import { badRequest, type ProblemItem } from '../common/problem.js';
import { deepFreeze } from '../common/deep-freeze.js';
import { isUuid } from '../common/uuid.js';
import { nearestNames } from '../common/nearest.js';
import { remembered } from '../common/remembered.js';
import { ON_MISSING_RATE, type OnMissingRate } from '../compiler/query/money.js';
import {
  COMPARISONS,
  FILLS,
  FILTER_OPERATORS,
  NAMED_RANGES,
  RELATIVE_UNITS,
  TIME_GRAINS,
  type Comparison,
  type DateRange,
  type Fill,
  type Filter,
  type FilterOperator,
  type NamedRange,
  type OrderBy,
  type RelativeUnit,
  type ReportRequest,
  type TimeGrain,
  type Top,
} from '../compiler/query/types.js';

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const LIMITS = { filters: 100, depth: 8, values: 10_000, text: 10_000 };

/** Collects mistakes instead of stopping at the first. */
export class ShapeReader {
  readonly errors: ProblemItem[] = [];
  private filterCount = 0;

  fail(code: string, pointer: string, message: string, suggestions?: readonly string[]): undefined {
    this.errors.push({ code, message, pointer, ...(suggestions?.length ? { suggestions } : {}) });
    return undefined;
  }

  /** Refuses keys that are not known, with the nearest that are. */
  onlyKeys(body: Json, known: readonly string[], pointer: string): void {
    for (const key of Object.keys(body)) {
      if (known.includes(key)) continue;
      const near = nearestNames(key, known);
      const hint = near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : ` Known fields: ${known.join(', ')}.`;
      this.fail(
        'unknown_field',
        `${pointer}/${escapePointer(key)}`,
        `There is no field "${key.slice(0, 80)}".${hint}`,
        near,
      );
    }
  }

  text(value: unknown, pointer: string, what = 'a text'): string | undefined {
    if (typeof value === 'string' && value.length <= LIMITS.text) return value;
    return this.fail('wrong_type', pointer, `Expected ${what}, got ${describe(value)}.`);
  }

  uuid(value: unknown, pointer: string): string | undefined {
    if (typeof value === 'string' && isUuid(value)) return value.toLowerCase();
    return this.fail('wrong_type', pointer, `Expected an id (a UUID), got ${describe(value)}.`);
  }

  oneOf<T extends string>(value: unknown, allowed: readonly T[], pointer: string): T | undefined {
    if (typeof value === 'string' && (allowed as readonly string[]).includes(value)) return value as T;
    const near = typeof value === 'string' ? nearestNames(value, allowed) : [];
    return this.fail('wrong_value', pointer, `Expected one of ${allowed.join(', ')}; got ${describe(value)}.`, near);
  }

  boolean(value: unknown, pointer: string): boolean | undefined {
    if (typeof value === 'boolean') return value;
    return this.fail('wrong_type', pointer, `Expected true or false, got ${describe(value)}.`);
  }

  integer(value: unknown, pointer: string, min: number, max: number): number | undefined {
    if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
    return this.fail('wrong_type', pointer, `Expected a whole number from ${min} to ${max}, got ${describe(value)}.`);
  }

  names(value: unknown, pointer: string): string[] {
    if (!Array.isArray(value)) {
      this.fail('wrong_type', pointer, `Expected a list of names, got ${describe(value)}.`);
      return [];
    }
    return value.flatMap((name, index) => this.text(name, `${pointer}/${index}`, 'a name') ?? []);
  }

  filter(value: unknown, pointer: string, depth = 1): Filter | undefined {
    if (depth > LIMITS.depth) return this.fail('too_deep', pointer, `Filters may be nested ${LIMITS.depth} deep.`);
    if (!isObject(value)) {
      return this.fail(
        'wrong_type',
        pointer,
        `Expected a filter { member, operator, values } or { and: […] } or { or: […] }, got ${describe(value)}.`,
      );
    }
    for (const joint of ['and', 'or'] as const) {
      if (!(joint in value)) continue;
      this.onlyKeys(value, [joint], pointer);
      const parts = value[joint];
      if (!Array.isArray(parts))
        return this.fail('wrong_type', `${pointer}/${joint}`, `Expected a list of filters, got ${describe(parts)}.`);
      const read = parts.flatMap((part, index) => this.filter(part, `${pointer}/${joint}/${index}`, depth + 1) ?? []);
      return joint === 'and' ? { and: read } : { or: read };
    }
    if (++this.filterCount > LIMITS.filters)
      return this.fail('too_many', pointer, `At most ${LIMITS.filters} filters.`);
    this.onlyKeys(value, ['member', 'operator', 'values'], pointer);
    const member = this.text(value.member, `${pointer}/member`, 'the key of a metric or dimension');
    const operator = this.oneOf<FilterOperator>(value.operator, FILTER_OPERATORS, `${pointer}/operator`);
    const values =
      value.values === undefined || value.values === null
        ? undefined
        : this.filterValues(value.values, `${pointer}/values`);
    if (member === undefined || operator === undefined) return undefined;
    return values === undefined ? { member, operator } : { member, operator, values };
  }

  private filterValues(value: unknown, pointer: string): (string | number | boolean)[] {
    if (!Array.isArray(value)) {
      this.fail('wrong_type', pointer, `Expected a list of values, got ${describe(value)}.`);
      return [];
    }
    if (value.length > LIMITS.values) this.fail('too_many', pointer, `At most ${LIMITS.values} values.`);
    return value.slice(0, LIMITS.values).flatMap((item: unknown, index) => {
      if (typeof item === 'boolean' || (typeof item === 'number' && Number.isFinite(item))) return item;
      return this.text(item, `${pointer}/${index}`, 'a text, number or boolean') ?? [];
    });
  }

  dateRange(value: unknown, pointer: string): DateRange | undefined {
    if (typeof value === 'string') return this.oneOf<NamedRange>(value, NAMED_RANGES, pointer);
    if (!isObject(value)) {
      return this.fail(
        'wrong_type',
        pointer,
        `Expected { from, to }, { last, unit } or a name such as last_month, got ${describe(value)}.`,
      );
    }
    if ('last' in value || 'unit' in value) {
      this.onlyKeys(value, ['last', 'unit', 'complete'], pointer);
      const last = this.integer(value.last, `${pointer}/last`, 1, 100_000);
      const unit = this.oneOf<RelativeUnit>(value.unit, RELATIVE_UNITS, `${pointer}/unit`);
      const complete = value.complete === undefined ? true : this.boolean(value.complete, `${pointer}/complete`);
      return last === undefined || unit === undefined || complete === undefined ? undefined : { last, unit, complete };
    }
    this.onlyKeys(value, ['from', 'to'], pointer);
    const from = this.text(value.from, `${pointer}/from`, 'a day (2026-01-31) or an instant');
    const to = this.text(value.to, `${pointer}/to`, 'a day (2026-01-31) or an instant');
    return from === undefined || to === undefined ? undefined : { from, to };
  }

  order(value: unknown, pointer: string): OrderBy[] {
    if (!Array.isArray(value)) {
      this.fail('wrong_type', pointer, `Expected a list of { member, direction }, got ${describe(value)}.`);
      return [];
    }
    return value.flatMap((item: unknown, index) => {
      const at = `${pointer}/${index}`;
      if (!isObject(item))
        return this.fail('wrong_type', at, `Expected { member, direction }, got ${describe(item)}.`) ?? [];
      this.onlyKeys(item, ['member', 'direction'], at);
      const member = this.text(item.member, `${at}/member`, 'a selected key');
      const direction =
        item.direction === undefined ? 'asc' : this.oneOf(item.direction, ['asc', 'desc'] as const, `${at}/direction`);
      return member === undefined || direction === undefined ? [] : { member, direction };
    });
  }

  top(value: unknown, pointer: string): Top | undefined {
    if (!isObject(value))
      return this.fail('wrong_type', pointer, `Expected { limit, by, dimension, other }, got ${describe(value)}.`);
    this.onlyKeys(value, ['limit', 'by', 'dimension', 'other'], pointer);
    const limit = this.integer(value.limit, `${pointer}/limit`, 1, 1_000);
    const by = this.text(value.by, `${pointer}/by`, 'the key of a metric');
    const dimension =
      value.dimension == null ? undefined : this.text(value.dimension, `${pointer}/dimension`, 'a selected dimension');
    const other = value.other == null ? true : this.boolean(value.other, `${pointer}/other`);
    if (limit === undefined || by === undefined || other === undefined) return undefined;
    return { limit, by, other, ...(dimension === undefined ? {} : { dimension }) };
  }

  subtotals(value: unknown, pointer: string): (string | string[])[] {
    if (!Array.isArray(value)) {
      this.fail('wrong_type', pointer, `Expected a list of selected dimensions, got ${describe(value)}.`);
      return [];
    }
    return value.flatMap((item: unknown, index): (string | string[])[] => {
      const at = `${pointer}/${index}`;
      if (Array.isArray(item)) return [this.names(item, at)];
      const name = this.text(item, at, 'a selected dimension, or a list of them');
      return name === undefined ? [] : [name];
    });
  }

  /** The parts of a request that are the same in a query and in a saved view. */
  requestParts(body: Json): ReportRequest {
    const given = (key: string): boolean => body[key] !== undefined && body[key] !== null;
    const filters = body.filters;
    return {
      metrics: given('metrics') ? this.names(body.metrics, '/metrics') : [],
      dimensions: given('dimensions') ? this.names(body.dimensions, '/dimensions') : [],
      filters: !given('filters')
        ? null
        : Array.isArray(filters)
          ? filters.flatMap((part, index) => this.filter(part, `/filters/${index}`) ?? [])
          : isObject(filters) && Object.keys(filters).length === 0
            ? null
            : (this.filter(filters, '/filters') ?? null),
      date_range: given('date_range') ? (this.dateRange(body.date_range, '/date_range') ?? null) : null,
      time_grain: given('time_grain')
        ? (this.oneOf<TimeGrain>(body.time_grain, TIME_GRAINS, '/time_grain') ?? null)
        : null,
      time_zone: given('time_zone') ? (this.text(body.time_zone, '/time_zone', 'an IANA time zone') ?? null) : null,
      order: given('order') ? this.order(body.order, '/order') : [],
      limit: given('limit') ? (this.integer(body.limit, '/limit', 1, 10_000_000) ?? null) : null,
      offset: given('offset') ? (this.integer(body.offset, '/offset', 0, 100_000_000) ?? null) : null,
      totals: given('totals') ? (this.boolean(body.totals, '/totals') ?? false) : false,
      ...(given('compare') ? { compare: this.oneOf<Comparison>(body.compare, COMPARISONS, '/compare') ?? null } : {}),
      ...(given('fill') ? { fill: this.oneOf<Fill>(body.fill, FILLS, '/fill') ?? null } : {}),
      ...(given('top') ? { top: this.top(body.top, '/top') ?? null } : {}),
      ...(given('subtotals') ? { subtotals: this.subtotals(body.subtotals, '/subtotals') } : {}),
      ...(given('attribution_model')
        ? {
            attribution_model:
              this.text(body.attribution_model, '/attribution_model', 'the key of an attribution model') ?? null,
          }
        : {}),
      ...(given('currency') ? { currency: this.text(body.currency, '/currency', 'an ISO 4217 code') ?? null } : {}),
      ...(given('on_missing_rate')
        ? {
            on_missing_rate:
              this.oneOf<OnMissingRate>(body.on_missing_rate, ON_MISSING_RATE, '/on_missing_rate') ?? null,
          }
        : {}),
      ...(given('cursor') ? { cursor: this.text(body.cursor, '/cursor', 'the next_cursor of a page') ?? null } : {}),
    };
  }

  /** @throws Problem 400 `invalid_request` when anything was wrong */
  done(): void {
    if (this.errors.length === 0) return;
    const first = this.errors[0]?.message ?? '';
    const more = this.errors.length > 1 ? ` (and ${this.errors.length - 1} more, see errors)` : '';
    throw badRequest('invalid_request', `${first}${more}`, this.errors);
  }
}

export const REQUEST_FIELDS = [
  'metrics',
  'dimensions',
  'filters',
  'date_range',
  'time_grain',
  'time_zone',
  'order',
  'limit',
  'offset',
  'totals',
  'compare',
  'fill',
  'top',
  'subtotals',
  'attribution_model',
  'currency',
  'on_missing_rate',
  'cursor',
] as const;

/**
 * The body of `POST /api/query`. One that can't change any more is read once.
 * @throws Problem 400 `invalid_request` with every mistake and its JSON pointer
 */
export const readReportRequest = (body: unknown): ReportRequest =>
  isObject(body) && Object.isFrozen(body) ? readFrozen(body) : readAnew(body);

const readFrozen = remembered((body: object) => deepFreeze(readAnew(body)));

function readAnew(body: unknown): ReportRequest {
  const reader = new ShapeReader();
  if (!isObject(body)) throw badRequest('invalid_request', `Expected a JSON object, got ${describe(body)}.`);
  reader.onlyKeys(body, REQUEST_FIELDS, '');
  const request = reader.requestParts(body);
  reader.done();
  return request;
}

/** RFC 6901: `~` and `/` inside a step. */
const escapePointer = (step: string): string => step.replaceAll('~', '~0').replaceAll('/', '~1');

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return value.length > 60 ? `a text of ${value.length} characters` : `"${value}"`;
  return String(value);
}
