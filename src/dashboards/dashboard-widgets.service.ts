import { Injectable, Logger } from '@nestjs/common';
import type { Identity } from '../access/identity.js';
import { Problem, notFound, type ProblemItem } from '../common/problem.js';
import type { ReportRequest } from '../compiler/query/types.js';
import { OrganizationStates } from '../query/organization-state.js';
import type { ReportView } from '../reports/report-view.entity.js';
import { ReportViewService } from '../reports/report-view.service.js';
import { requestOf } from '../reports/view-request.js';
import type { Dashboard, DataWidget, TextWidget, Widget } from './dashboard.entity.js';
import { inTurns } from './in-turns.js';
import { widgetRequest } from './widget-request.js';

/** Questions of one dashboard that are with the engine at the same time. */
const AT_ONCE = 4;

/** A widget whose numbers can be asked for. */
export interface ReadyWidget {
  readonly widget: DataWidget;
  /** Null where the widget asks on its own. */
  readonly view: ReportView | null;
  readonly request: ReportRequest;
}
/** What is wrong with a widget, for whoever opens the dashboard. */
export interface WidgetProblem {
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly ProblemItem[];
}
export type FoundWidget =
  | ({ readonly kind: 'ready' } & ReadyWidget)
  | { readonly kind: 'text'; readonly widget: TextWidget }
  | { readonly kind: 'broken'; readonly widget: DataWidget; readonly problem: WidgetProblem };

/** A widget with what its work gave. */
export type WorkedWidget<T> =
  | { readonly kind: 'done'; readonly found: ReadyWidget; readonly widget: DataWidget; readonly result: T }
  | Exclude<FoundWidget, { kind: 'ready' }>;

/** Finds what widgets stand for, and asks for all of them; what is wrong with one is no matter of the others. */
@Injectable()
export class DashboardWidgets {
  private readonly logger = new Logger('Dashboards');

  constructor(
    private readonly views: ReportViewService,
    private readonly states: OrganizationStates,
  ) {}

  /** The requests behind the widgets, for this asker. */
  async find(
    identity: Identity,
    dashboard: Pick<Dashboard, 'widgets' | 'filters' | 'date_range' | 'time_zone'>,
  ): Promise<FoundWidget[]> {
    const views = new Map<string, Promise<ReportView>>();
    const viewOf = (id: string): Promise<ReportView> => {
      const known = views.get(id) ?? this.views.find(identity, id);
      views.set(id, known);
      return known;
    };
    return Promise.all(
      dashboard.widgets.map(async (widget): Promise<FoundWidget> => {
        if (widget.type === 'text') return { kind: 'text', widget };
        try {
          const view = widget.view_id === undefined ? null : await viewOf(widget.view_id);
          const own = widget.query ?? (view && requestOf(view));
          if (!own) throw new Error('A widget without a view has a query.');
          return { kind: 'ready', widget, view, request: widgetRequest(dashboard, widget, own) };
        } catch (error) {
          if (!(error instanceof Problem) || error.status !== 404) throw error;
          return { kind: 'broken', widget, problem: problemOf(viewGone(widget)) };
        }
      }),
    );
  }

  /**
   * Does the same for every widget, a few at a time, all over the same version of the data if it lets them: when it changed
   * in between, all is done once more.
   * @returns `isOneVersion` false when the data changed again
   */
  async each<T>(
    identity: Identity,
    found: readonly FoundWidget[],
    work: (ready: ReadyWidget) => Promise<T>,
    signal?: AbortSignal,
    isRepeated = false,
  ): Promise<{ readonly widgets: WorkedWidget<T>[]; readonly isOneVersion: boolean }> {
    const before = await this.states.read(identity.organizationId);
    const widgets = await inTurns(AT_ONCE, found, async (item): Promise<WorkedWidget<T>> => {
      if (item.kind !== 'ready') return item;
      signal?.throwIfAborted();
      const { widget } = item;
      try {
        return { kind: 'done', found: item, widget, result: await work(item) };
      } catch (error) {
        if (signal?.aborted) throw error;
        return { kind: 'broken', widget, problem: this.problemShown(error, widget) };
      }
    });
    const after = await this.states.read(identity.organizationId);
    const isOneVersion = before.data_version === after.data_version && !before.is_changing && !after.is_changing;
    if (isOneVersion || isRepeated) return { widgets, isOneVersion };
    return this.each(identity, found, work, signal, true);
  }

  private problemShown(error: unknown, widget: Widget): WidgetProblem {
    if (error instanceof Problem) return problemOf(error);
    this.logger.error(`Widget ${widget.id} could not be read`, (error as Error).stack);
    const detail = 'This widget could not be read; the server’s log has the reason.';
    return { code: 'internal', detail, errors: [] };
  }
}

export const problemOf = ({ code, detail, errors }: Problem): WidgetProblem => ({ code, detail, errors });

const viewGone = (widget: DataWidget): Problem =>
  notFound(
    `The report view ${widget.view_id ?? ''} that this widget shows was deleted, or you may not see it. Choose another, or take the widget out.`,
  );
