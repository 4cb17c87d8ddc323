/** Reads a dashboard out of JSON that a user sent: every mistake at once, each with its JSON pointer. */
import { badRequest, Problem } from '../common/problem.js';
import { readReportRequest, ShapeReader } from '../query/request.js';
import { VISIBILITIES } from '../reports/report-view.entity.js';
import type { Dashboard, Widget } from './dashboard.entity.js';
import { defaultWidth, WIDGET_TYPES, WIDGET_WIDTHS, type WidgetType } from './widget-types.js';

/** What a user may set of a dashboard. */
export type DashboardFields = Pick<
  Dashboard,
  'dashboard_name' | 'description' | 'widgets' | 'filters' | 'date_range' | 'time_zone' | 'visibility' | 'team_id'
>;

const FIELDS = [
  'dashboard_name',
  'description',
  'widgets',
  'filters',
  'date_range',
  'time_zone',
  'visibility',
  'team_id',
] as const;
const WIDGET_FIELDS = [
  'id',
  'type',
  'title',
  'width',
  'view_id',
  'query',
  'metrics',
  'rows',
  'columns',
  'own_period',
  'text',
] as const;
/** Each is a question to the engine whenever the dashboard is opened. */
export const MOST_WIDGETS = 30;
const MOST_TITLE = 200;
const MOST_TEXT = 5_000;

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The body of a dashboard.
 * @param existing for a PATCH, what stands where a field is absent
 * @throws Problem 400 `invalid_request` with every mistake and its JSON pointer
 */
export function readDashboard(body: unknown, existing?: Dashboard): DashboardFields {
  if (!isObject(body)) throw badRequest('invalid_request', 'Expected a JSON object with the fields of a dashboard.');
  const reader = new DashboardReader();
  reader.onlyKeys(body, FIELDS, '');
  const before: Json = existing ? { ...existing } : { visibility: 'private' };
  const fields = reader.dashboard({ ...before, ...body }, body.widgets === undefined ? existing?.widgets : undefined);
  reader.done();
  return fields;
}

class DashboardReader extends ShapeReader {
  dashboard(body: Json, kept: Widget[] | undefined): DashboardFields {
    const { filters, date_range, time_zone } = this.requestParts({
      filters: body.filters,
      date_range: body.date_range,
      time_zone: body.time_zone,
    });
    const visibility = this.oneOf(body.visibility, VISIBILITIES, '/visibility') ?? 'private';
    return {
      dashboard_name: this.title(body.dashboard_name, '/dashboard_name', 'the dashboard’s title') ?? '',
      description: body.description == null ? null : (this.bounded(body.description, '/description') ?? null),
      widgets: kept ?? this.widgets(body.widgets),
      filters: (filters ?? null) as Dashboard['filters'],
      date_range: date_range ?? null,
      time_zone: time_zone ?? null,
      visibility,
      team_id: visibility === 'team' && body.team_id != null ? (this.uuid(body.team_id, '/team_id') ?? null) : null,
    };
  }

  private widgets(value: unknown): Widget[] {
    if (!Array.isArray(value) || value.length === 0 || value.length > MOST_WIDGETS) {
      this.fail('wrong_type', '/widgets', `Expected a list of 1 to ${MOST_WIDGETS} widgets.`);
      return [];
    }
    const taken = new Set<string>();
    const given = new Set(value.map((item: unknown) => (isObject(item) ? item.id : undefined)));
    return value.flatMap((item: unknown, index) => this.widget(item, index, taken, given) ?? []);
  }

  private widget(value: unknown, index: number, taken: Set<string>, given: ReadonlySet<unknown>): Widget | undefined {
    const at = `/widgets/${index}`;
    if (!isObject(value)) return this.fail('wrong_type', at, 'Expected a widget: an object with a `type`.');
    this.onlyKeys(value, WIDGET_FIELDS, at);
    const type = this.oneOf<WidgetType>(value.type, WIDGET_TYPES, `${at}/type`);
    const id = value.id === undefined ? freeId(taken, given) : this.id(value.id, `${at}/id`, taken);
    const title = value.title == null ? null : (this.title(value.title, `${at}/title`, 'the widget’s title') ?? null);
    if (type === undefined || id === undefined) return undefined;
    taken.add(id);
    const width =
      value.width == null ? defaultWidth(type) : (this.oneOf(value.width, WIDGET_WIDTHS, `${at}/width`) ?? 'full');
    const base = { id, title, width };
    if (type === 'text') return this.textWidget(value, base, at);
    const data = {
      ...base,
      type,
      metrics: value.metrics == null ? null : this.names(value.metrics, `${at}/metrics`),
      rows: this.key(value, 'rows', type, at),
      columns: this.key(value, 'columns', type, at),
      own_period: value.own_period == null ? false : (this.boolean(value.own_period, `${at}/own_period`) ?? false),
    };
    if (value.text !== undefined)
      this.fail('wrong_value', `${at}/text`, 'Only a widget of the type `text` has a text.');
    if ((value.view_id == null) === (value.query == null)) {
      return this.fail('wrong_value', at, 'Give either `view_id`, a saved report, or `query`, as in POST /api/query.');
    }
    if (value.view_id != null) {
      const view_id = this.uuid(value.view_id, `${at}/view_id`);
      return view_id === undefined ? undefined : { ...data, view_id };
    }
    const query = this.query(value.query, `${at}/query`);
    return query && { ...data, query };
  }

  private key(value: Json, field: 'rows' | 'columns', type: WidgetType, at: string): string | null {
    if (value[field] == null) return null;
    if (type !== 'pivot' && type !== 'cohort') {
      this.fail('wrong_value', `${at}/${field}`, `Only a pivot and a cohort have ${field}.`);
    }
    return this.text(value[field], `${at}/${field}`, 'the key of a dimension, or recorded_at') ?? null;
  }

  private textWidget(value: Json, base: Pick<Widget, 'id' | 'title' | 'width'>, at: string): Widget | undefined {
    for (const field of ['view_id', 'query', 'metrics', 'rows', 'columns', 'own_period']) {
      if (value[field] != null) this.fail('wrong_value', `${at}/${field}`, 'A text has no numbers; leave this away.');
    }
    const text = this.bounded(value.text, `${at}/text`);
    return text === undefined ? undefined : { ...base, type: 'text', text };
  }

  private query(value: unknown, at: string): ReturnType<typeof readReportRequest> | undefined {
    try {
      const { cursor, offset, ...request } = readReportRequest(value);
      if (cursor != null || offset != null)
        this.fail('wrong_value', at, 'A widget has no pages: leave cursor and offset away.');
      return request;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const errors = error.errors.length > 0 ? error.errors : [{ code: error.code, message: error.detail }];
      this.errors.push(...errors.map((item) => ({ ...item, pointer: `${at}${item.pointer ?? ''}` })));
      return undefined;
    }
  }

  private id(value: unknown, at: string, taken: ReadonlySet<string>): string | undefined {
    if (typeof value !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(value)) {
      return this.fail('wrong_value', at, 'Expected 1 to 64 letters, digits, dashes or underscores.');
    }
    return taken.has(value) ? this.fail('wrong_value', at, `Another widget has the id ${value}.`) : value;
  }

  private title(value: unknown, at: string, what: string): string | undefined {
    const text = this.text(value, at, what);
    if (text === undefined || (text.trim() !== '' && text.length <= MOST_TITLE)) return text;
    return this.fail('wrong_value', at, `The title must have 1 to ${MOST_TITLE} characters.`);
  }

  private bounded(value: unknown, at: string): string | undefined {
    const text = this.text(value, at);
    if (text === undefined || text.length <= MOST_TEXT) return text;
    return this.fail('wrong_value', at, `At most ${MOST_TEXT} characters.`);
  }
}

function freeId(taken: ReadonlySet<string>, given: ReadonlySet<unknown>): string {
  for (let number = taken.size + 1; ; number += 1) {
    const id = `w${number}`;
    if (!taken.has(id) && !given.has(id)) return id;
  }
}
