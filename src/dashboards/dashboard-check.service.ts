import { Injectable } from '@nestjs/common';
import { policyOf } from '../access/policy.js';
import type { Identity } from '../access/identity.js';
import { Problem, type ProblemItem } from '../common/problem.js';
import { ModelService } from '../metrics/model.service.js';
import { QueryService } from '../query/query.service.js';
import { additiveOf } from '../reports/additive.js';
import { checkChart } from '../reports/render/charts/shape.js';
import { VISIBILITIES } from '../reports/report-view.entity.js';
import { whole } from '../reports/view-request.js';
import { DashboardWidgets, problemOf, type ReadyWidget, type WidgetProblem } from './dashboard-widgets.service.js';
import type { DashboardNoticeDto } from './dashboard.dto.js';
import type { Dashboard } from './dashboard.entity.js';
import type { DashboardFields } from './read-dashboard.js';
import { widgetChart } from './widget-request.js';

/** A mistake, and the place in the list of the widget that has it. */
export interface WidgetMistake {
  readonly widget: number;
  readonly item: ProblemItem;
}

/** Finds what is wrong with a dashboard without asking for any numbers. */
@Injectable()
export class DashboardCheck {
  constructor(
    private readonly widgets: DashboardWidgets,
    private readonly queries: QueryService,
    private readonly models: ModelService,
  ) {}

  /** Widgets that could not show anything, and why. */
  async errors(identity: Identity, dashboard: DashboardFields): Promise<WidgetMistake[]> {
    const found = await this.widgets.find(identity, dashboard);
    const mistakes = await Promise.all(
      found.map(async (item, widget): Promise<readonly WidgetMistake[]> => {
        switch (item.kind) {
          case 'text':
            return [];
          case 'broken': {
            const { code, detail: message } = item.problem;
            return [{ widget, item: { code, message, pointer: `/widgets/${widget}/view_id` } }];
          }
          case 'ready':
            return (await this.mistakesOf(identity, item, `/widgets/${widget}`)).map((each) => ({
              widget,
              item: each,
            }));
          default:
            return item satisfies never;
        }
      }),
    );
    return mistakes.flat();
  }

  /** What its readers or its owner should know. */
  async warnings(identity: Identity, dashboard: Dashboard): Promise<DashboardNoticeDto[]> {
    const broken = (await this.errors(identity, dashboard)).map(({ item }) => ({
      code: item.code,
      message: item.message,
      pointer: item.pointer ?? '',
    }));
    const found = await this.widgets.find(identity, dashboard);
    const narrower = found.flatMap((item, index): DashboardNoticeDto[] => {
      if (item.kind !== 'ready' || !item.view) return [];
      const { view } = item;
      if (VISIBILITIES.indexOf(view.visibility) >= VISIBILITIES.indexOf(dashboard.visibility)) return [];
      const message = `“${view.report_name}” is ${view.visibility} and the dashboard is ${dashboard.visibility}: readers who may not see the report see its widget without numbers.`;
      return [{ code: 'narrower_view', message, pointer: `/widgets/${index}/view_id` }];
    });
    return [...broken, ...narrower];
  }

  private async mistakesOf(
    identity: Identity,
    { widget, request, view }: ReadyWidget,
    at: string,
  ): Promise<ProblemItem[]> {
    const mistakes: ProblemItem[] = [];
    for (const [index, name] of (widget.metrics ?? []).entries()) {
      if (request.metrics.includes(name)) continue;
      const message = `“${name}” is not among the metrics of this widget: ${request.metrics.join(', ')}.`;
      mistakes.push({ code: 'unknown_metric', message, pointer: `${at}/metrics/${index}` });
    }
    const keys = [...request.dimensions, ...(request.time_grain ? ['recorded_at'] : [])];
    for (const side of ['rows', 'columns'] as const) {
      const name = widget[side];
      if (name === null || keys.includes(name)) continue;
      const message = `“${name}” is not among the keys of this widget: ${keys.join(', ')}.`;
      mistakes.push({ code: 'unknown_dimension', message, pointer: `${at}/${side}` });
    }
    try {
      const columns = await this.queries.check(policyOf(identity), whole(request));
      const { model } = (await this.models.live(identity.organizationId)).snapshot;
      const data = { columns, additive: additiveOf(columns, model) };
      if (mistakes.length === 0) mistakes.push(...checkChart(widgetChart(widget), data, at).map(asWidgets));
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500) throw error;
      mistakes.push(...itemsOf(problemOf(error), view ? `${at}/view_id` : `${at}/query`, view === null));
    }
    return mistakes;
  }
}

/** What a chart is to a view, a widget's type is to the widget. */
const asWidgets = (item: ProblemItem): ProblemItem =>
  item.code === 'chart_needs'
    ? { ...item, code: 'widget_needs_more', pointer: item.pointer?.replace(/\/chart$/, '/type') ?? '' }
    : item;

/** @param isOwn the pointers lead into the widget's own query */
function itemsOf({ code, detail, errors }: WidgetProblem, at: string, isOwn: boolean): ProblemItem[] {
  if (errors.length === 0) return [{ code, message: detail, pointer: at }];
  return errors.map((item) => ({ ...item, pointer: isOwn ? `${at}${item.pointer ?? ''}` : at }));
}
