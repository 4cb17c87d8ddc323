/** Reads a schedule out of JSON that a user sent: every mistake at once, each with its JSON pointer. */
import { Decimal } from 'decimal.js';
import { badRequest } from '../common/problem.js';
import { isUuid } from '../common/uuid.js';
import { parseMailAddress } from '../delivery/mail-address.js';
import { templateMistake } from '../delivery/mail-template.js';
import { DELIVERY_FORMATS, USUAL_FORMATS, type DeliveryFormat } from '../delivery/occurrence.entity.js';
import { ShapeReader } from '../query/request.js';
import { readCron } from '../recurrence/cron.js';
import { isLocale } from '../reports/render/charts/shape.js';
import { SHORT_MONTHS } from '../recurrence/recurrence.js';
import { FREQUENCIES, WEEKDAY_NAMES, type SimpleRecurrence } from '../recurrence/simple.js';
import { zoneOf } from '../recurrence/zone.js';
import {
  AT_DEADLINE,
  CHANGE_DIRECTIONS,
  CONDITION_MODES,
  REPORT_PERIODS,
  THRESHOLD_OPERATORS,
  type DataGate,
  type ReportSchedule,
  type ScheduleCondition,
  type ScheduleRecipient,
  type ScheduleRecurrence,
} from './schedule.entity.js';

/** What a user may set of a schedule. */
export type ScheduleFields = Pick<
  ReportSchedule,
  | 'recurrence'
  | 'time_zone'
  | 'formats'
  | 'recipients'
  | 'subject'
  | 'message'
  | 'locale'
  | 'period'
  | 'gate'
  | 'condition'
  | 'is_active'
  | 'active_from'
  | 'active_until'
>;

const FIELDS = [
  'cron',
  'simple',
  'short_months',
  'time_zone',
  'formats',
  'recipients',
  'subject',
  'message',
  'locale',
  'period',
  'gate',
  'condition',
  'is_active',
  'active_from',
  'active_until',
] as const;
const MOST_RECIPIENTS = 50;
const MOST_SUBJECT = 200;
const MOST_MESSAGE = 2_000;
const TWO_DAYS_IN_MINUTES = 2_880;

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * @param metrics keys of the metrics that the report has, which subject and message may name
 * @param defaultZone the organisation's zone, where the body names none
 * @param existing for a PATCH, what stands where a field is absent
 * @throws Problem 400 `invalid_request`
 */
export function readSchedule(
  body: unknown,
  metrics: readonly string[],
  defaultZone: string,
  existing?: ReportSchedule,
): ScheduleFields {
  if (!isObject(body)) throw badRequest('invalid_request', 'Expected a JSON object with the fields of a schedule.');
  const reader = new ScheduleReader(metrics);
  reader.onlyKeys(body, FIELDS, '');
  const fields = reader.schedule(body, defaultZone, existing);
  reader.done();
  return fields;
}

class ScheduleReader extends ShapeReader {
  constructor(private readonly metrics: readonly string[]) {
    super();
  }

  schedule(body: Json, defaultZone: string, existing?: ReportSchedule): ScheduleFields {
    const given = <T>(key: string, read: (value: unknown) => T | undefined, kept: T | undefined, fallback: T): T =>
      body[key] === undefined || body[key] === null
        ? body[key] === null
          ? fallback
          : (kept ?? fallback)
        : (read(body[key]) ?? fallback);
    const fields: ScheduleFields = {
      recurrence: this.recurrence(body, existing?.recurrence),
      time_zone: given('time_zone', (value) => this.zone(value), existing?.time_zone, defaultZone),
      formats: given('formats', (value) => this.formats(value), existing?.formats, [...USUAL_FORMATS]),
      recipients: given('recipients', (value) => this.recipients(value), existing?.recipients, []),
      subject: given('subject', (value) => this.template(value, '/subject', MOST_SUBJECT), existing?.subject, null),
      message: given('message', (value) => this.template(value, '/message', MOST_MESSAGE), existing?.message, null),
      locale: given('locale', (value) => this.locale(value), existing?.locale, null),
      period: given(
        'period',
        (value) => this.oneOf(value, REPORT_PERIODS, '/period'),
        existing?.period,
        'last_complete',
      ),
      gate: given('gate', (value) => this.gate(value), existing?.gate, null),
      condition: given('condition', (value) => this.condition(value), existing?.condition, null),
      is_active: given('is_active', (value) => this.boolean(value, '/is_active'), existing?.is_active, true),
      active_from: given('active_from', (value) => this.instant(value, '/active_from'), existing?.active_from, null),
      active_until: given(
        'active_until',
        (value) => this.instant(value, '/active_until'),
        existing?.active_until,
        null,
      ),
    };
    if (fields.recipients.length === 0 && this.errors.every(({ pointer }) => !pointer?.startsWith('/recipients'))) {
      this.fail('no_recipient', '/recipients', 'Name at least one recipient: an address, a user_id or a team_id.');
    }
    if (fields.active_from && fields.active_until && fields.active_until <= fields.active_from) {
      this.fail('wrong_value', '/active_until', 'The schedule would end before it begins.');
    }
    return fields;
  }

  private recurrence(body: Json, existing?: ScheduleRecurrence): ScheduleRecurrence {
    const short_months =
      body.short_months === undefined
        ? (existing?.short_months ?? 'skip')
        : (this.oneOf(body.short_months, SHORT_MONTHS, '/short_months') ?? 'skip');
    const { cron, simple } = body;
    if (cron !== undefined && simple !== undefined) {
      this.fail('wrong_value', '/simple', 'Give either `cron` or `simple`, not both.');
    } else if (cron !== undefined) {
      const text = this.text(cron, '/cron', 'a cron line, e.g. "0 9 * * 1"');
      const mistake = text === undefined ? undefined : readCron(text, short_months).mistake;
      if (mistake) {
        this.errors.push({ code: 'invalid_cron', pointer: '/cron', message: mistake.message, range: mistake.range });
      }
      return { cron: text ?? '', short_months };
    } else if (simple !== undefined) {
      const read = this.simple(simple);
      return { ...(read ? { simple: read } : {}), short_months };
    } else if (existing === undefined) {
      this.fail(
        'missing_field',
        '/cron',
        'Say when: `cron`, e.g. "0 9 * * 1", or `simple`, e.g. {"every":"week","weekdays":["monday"],"at":"09:00"}.',
      );
    }
    return { ...existing, short_months };
  }

  private simple(value: unknown): SimpleRecurrence | undefined {
    if (!isObject(value)) return this.fail('wrong_type', '/simple', 'Expected an object such as {"every":"day"}.');
    this.onlyKeys(value, ['every', 'at', 'weekdays', 'days', 'month'], '/simple');
    const every = this.oneOf(value.every, FREQUENCIES, '/simple/every');
    const at = value.at === undefined ? undefined : this.clock(value.at);
    const weekdays = this.list(value.weekdays, '/simple/weekdays', (item, pointer) =>
      this.oneOf(item, WEEKDAY_NAMES, pointer),
    );
    const days = this.list(value.days, '/simple/days', (item, pointer) =>
      item === 'last' ? item : this.integer(item, pointer, 1, 31),
    );
    const month = value.month === undefined ? undefined : this.integer(value.month, '/simple/month', 1, 12);
    if (every === undefined) return undefined;
    return {
      every,
      ...(at === undefined ? {} : { at }),
      ...(weekdays === undefined ? {} : { weekdays }),
      ...(days === undefined ? {} : { days }),
      ...(month === undefined ? {} : { month }),
    };
  }

  private clock(value: unknown): string | undefined {
    if (typeof value === 'string' && /^([01]\d|2[0-3]):[0-5]\d$/.test(value)) return value;
    return this.fail('wrong_value', '/simple/at', 'Expected a time of day as HH:MM, from 00:00 to 23:59.');
  }

  private list<T>(
    value: unknown,
    pointer: string,
    read: (item: unknown, pointer: string) => T | undefined,
  ): T[] | undefined {
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || value.length === 0 || value.length > 31) {
      return this.fail('wrong_type', pointer, 'Expected a list with 1 to 31 entries.');
    }
    return value.flatMap((item, index) => read(item, `${pointer}/${index}`) ?? []);
  }

  private zone(value: unknown): string | undefined {
    const name = this.text(value, '/time_zone', 'an IANA time zone such as Europe/Berlin');
    if (name === undefined || zoneOf(name)) return name;
    return this.fail('unknown_time_zone', '/time_zone', `There is no time zone "${name.slice(0, 80)}".`);
  }

  private locale(value: unknown): string | undefined {
    if (isLocale(value)) return value;
    return this.fail('unknown_locale', '/locale', 'Expected a locale such as en-US, de-DE, ar-EG or ja-JP.');
  }

  private formats(value: unknown): DeliveryFormat[] | undefined {
    const read = this.list(value, '/formats', (item, pointer) => this.oneOf(item, DELIVERY_FORMATS, pointer));
    return read && [...new Set(read)];
  }

  private recipients(value: unknown): ScheduleRecipient[] | undefined {
    if (!Array.isArray(value) || value.length > MOST_RECIPIENTS) {
      return this.fail('wrong_type', '/recipients', `Expected a list of at most ${MOST_RECIPIENTS} recipients.`);
    }
    const found = value.flatMap((item, index) => this.recipient(item, `/recipients/${index}`) ?? []);
    return [...new Map(found.map((item) => [JSON.stringify(item), item])).values()];
  }

  private recipient(item: unknown, pointer: string): ScheduleRecipient | undefined {
    const text = isObject(item) ? item.email : item;
    if (typeof text === 'string') {
      const address = parseMailAddress(text);
      if (address) return { email: address.address };
      return this.fail('invalid_recipient', pointer, 'This is not one e-mail address such as ann@example.com.');
    }
    if (isObject(item)) {
      const { user_id, team_id } = item;
      if (typeof user_id === 'string' && isUuid(user_id)) return { user_id };
      if (typeof team_id === 'string' && isUuid(team_id)) return { team_id };
    }
    return this.fail('invalid_recipient', pointer, 'Expected an address, {"user_id": "…"} or {"team_id": "…"}.');
  }

  private template(value: unknown, pointer: string, most: number): string | undefined {
    const text = this.text(value, pointer);
    if (text === undefined) return undefined;
    if (text.length > most) return this.fail('wrong_value', pointer, `At most ${most} characters.`);
    const mistake = templateMistake(text, this.metrics);
    if (mistake === null) return text;
    this.errors.push({ code: 'invalid_template', pointer, ...mistake });
    return undefined;
  }

  private gate(value: unknown): DataGate | undefined {
    if (!isObject(value)) return this.fail('wrong_type', '/gate', 'Expected an object with `sources`.');
    this.onlyKeys(value, ['sources', 'days_ago', 'deadline_minutes', 'at_deadline'], '/gate');
    const sources = this.names(value.sources, '/gate/sources');
    if (sources.length === 0) this.fail('wrong_value', '/gate/sources', 'Name at least one data source.');
    const at = '/gate/deadline_minutes';
    return {
      sources,
      days_ago: value.days_ago === undefined ? 1 : (this.integer(value.days_ago, '/gate/days_ago', 0, 31) ?? 1),
      deadline_minutes:
        value.deadline_minutes === undefined
          ? 120
          : (this.integer(value.deadline_minutes, at, 0, TWO_DAYS_IN_MINUTES) ?? 120),
      at_deadline:
        value.at_deadline === undefined
          ? 'send'
          : (this.oneOf(value.at_deadline, AT_DEADLINE, '/gate/at_deadline') ?? 'send'),
    };
  }

  private condition(value: unknown): ScheduleCondition | undefined {
    if (!isObject(value)) return this.fail('wrong_type', '/condition', 'Expected an object with a `metric`.');
    const known = ['metric', 'mode', 'operator', 'value', 'change_percent', 'direction', 'anomaly_sigmas'];
    this.onlyKeys(value, known, '/condition');
    const metric = this.text(value.metric, '/condition/metric', 'the key of a metric of the view') ?? '';
    const mode =
      value.mode === undefined
        ? ('on_breach' as const)
        : (this.oneOf(value.mode, CONDITION_MODES, '/condition/mode') ?? 'on_breach');
    if (value.anomaly_sigmas !== undefined) {
      return { metric, mode, anomaly_sigmas: this.number(value.anomaly_sigmas, '/condition/anomaly_sigmas') };
    }
    if (value.change_percent !== undefined) {
      const direction =
        value.direction === undefined
          ? ('either' as const)
          : (this.oneOf(value.direction, CHANGE_DIRECTIONS, '/condition/direction') ?? 'either');
      return {
        metric,
        mode,
        change_percent: this.number(value.change_percent, '/condition/change_percent'),
        direction,
      };
    }
    const operator = this.oneOf(value.operator, THRESHOLD_OPERATORS, '/condition/operator') ?? 'gt';
    return { metric, mode, operator, value: this.number(value.value, '/condition/value') };
  }

  /** A number as exact text. */
  private number(value: unknown, pointer: string): string {
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text === 'string' && /^-?\d{1,30}(\.\d{1,9})?$/.test(text)) return new Decimal(text).toFixed();
    this.fail('wrong_type', pointer, 'Expected a number.');
    return '0';
  }

  private instant(value: unknown, pointer: string): Date | undefined {
    const text = this.text(value, pointer, 'an instant such as 2026-01-31T00:00:00Z');
    if (text === undefined) return undefined;
    if (/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text)) {
      const at = new Date(text);
      if (!Number.isNaN(at.getTime())) return at;
    }
    return this.fail('wrong_value', pointer, 'Expected an instant such as 2026-01-31T00:00:00Z.');
  }
}
