import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { Organization } from '../access/organization.entity.js';
import type { DashboardRun, ReportRunOptions, ViewRun } from '../delivery/report-runner.port.js';
import { ModelService } from '../metrics/model.service.js';
import { completeRange } from '../reports/complete-range.js';
import { describeFilters, describeRange } from '../reports/describe.js';
import type { DashboardDocument, DashboardWidget, ReportDocument } from '../reports/render/document.js';
import { said } from '../reports/render/words/said.js';
import { counted, wordsOf } from '../reports/render/words/words.js';
import { RequestRunner } from '../reports/request-runner.service.js';
import type { Dashboard } from './dashboard.entity.js';
import { DashboardService } from './dashboard.service.js';
import { DashboardWidgets, type WorkedWidget } from './dashboard-widgets.service.js';
import { titleOf } from './present-dashboard.js';
import { widgetChart } from './widget-request.js';

type Run = WorkedWidget<ViewRun>;

/** Runs a dashboard as a page and as tables, for exports and for everything that delivers it. */
@Injectable()
export class DashboardRunner {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly dashboards: DashboardService,
    private readonly widgets: DashboardWidgets,
    private readonly requests: RequestRunner,
    private readonly models: ModelService,
  ) {}

  /** @throws Problem `not_found` when there is no such dashboard for the asker */
  async run(id: string, asker: Identity, options: ReportRunOptions = {}): Promise<DashboardRun> {
    const dashboard = await this.dashboards.find(asker, id);
    const { widgets, isOneVersion } = await this.widgets.each(
      asker,
      await this.widgets.find(asker, dashboard),
      ({ widget, view, request }) =>
        this.requests.run(
          asker,
          { title: widget.title ?? view?.report_name ?? '', request, chart: widgetChart(widget) },
          options,
        ),
      options.signal,
    );
    const facts = await this.factsOf(asker, dashboard, widgets, options);
    const shown: DashboardDocument = { ...facts, widgets: widgets.map((item) => shownWidget(item, facts.locale)) };
    return {
      dashboard: shown,
      document: coverOf(shown, widgets, isOneVersion ? [] : [wordsOf(facts.locale).several_states]),
      tables: widgets.flatMap((item, index) =>
        item.kind === 'done'
          ? [{ name: shown.widgets[index]?.title ?? '', columns: item.result.columns, rows: item.result.rows }]
          : [],
      ),
    };
  }

  private async factsOf(
    { organizationId }: Identity,
    dashboard: Dashboard,
    widgets: readonly Run[],
    { completePeriods, locale: wantedLocale }: ReportRunOptions,
  ): Promise<Omit<DashboardDocument, 'widgets'>> {
    const organization = await this.database.manager.findOneByOrFail(Organization, { id: organizationId });
    const { snapshot } = await this.models.live(organizationId);
    const documents = widgets.flatMap((item) => (item.kind === 'done' ? [item.result.document] : []));
    // The period that is said at the top is that of the widgets that follow the dashboard’s.
    const following = widgets.flatMap((item) =>
      item.kind === 'done' && !item.widget.own_period ? [item.result.document.period] : [],
    );
    const isOne = new Set(following.map(({ from, to }) => `${from} ${to}`)).size === 1;
    const [period] = following;
    const range = completePeriods ? completeRange(dashboard.date_range) : dashboard.date_range;
    const locale = wantedLocale ?? organization.locale;
    const time_zone = dashboard.time_zone ?? organization.time_zone;
    const [first] = documents;
    return {
      title: dashboard.dashboard_name,
      subtitle: dashboard.description,
      organization: organization.name,
      period:
        isOne && period
          ? { ...period, label: dashboard.date_range === null ? period.label : describeRange(range, locale) }
          : { from: null, to: null, time_zone, label: wordsOf(locale).own_periods },
      filtersText: describeFilters(dashboard.filters, snapshot.model, locale),
      generatedAt: new Date().toISOString(),
      dataAsOf: Object.assign({}, ...documents.map(({ dataAsOf }) => dataAsOf)) as Record<string, string>,
      snapshot: first?.snapshot ?? snapshot.hash,
      locale,
      branding: first?.branding ?? null,
    };
  }
}

function shownWidget(item: Run, locale: string): DashboardWidget {
  const { width } = item.widget;
  switch (item.kind) {
    case 'text':
      return { title: item.widget.title ?? '', width, report: null, text: item.widget.text };
    case 'broken':
      return {
        title: item.widget.title ?? wordsOf(locale).not_available,
        width,
        report: null,
        problem: said(item.problem.detail, locale),
      };
    case 'done': {
      const { document } = item.result;
      return { title: document.title || titleOf(document.columns, item.widget.metrics), width, report: document };
    }
    default:
      return item satisfies never;
  }
}

/** The dashboard as a report without rows: its key figures are those of its first tiles, or of its first widget. */
function coverOf(
  { widgets: _, ...facts }: DashboardDocument,
  widgets: readonly Run[],
  warnings: readonly string[],
): ReportDocument {
  const done = widgets.flatMap((item) => (item.kind === 'done' ? [item] : []));
  const { result } = done.find(({ widget }) => widget.type === 'tiles') ?? done[0] ?? {};
  const failed = widgets.filter(({ kind }) => kind === 'broken').length;
  return {
    ...facts,
    columns: result?.document.columns.filter(({ role }) => role === 'metric') ?? [],
    rows: [],
    isCover: true,
    totals: result?.document.totals ?? null,
    additive: [],
    warnings: [
      ...(failed > 0 ? [counted(wordsOf(facts.locale).parts_failed, failed, facts.locale)] : []),
      ...warnings,
      ...new Set(done.flatMap(({ result: { document } }) => document.warnings)),
    ],
    truncated: false,
    currency: result?.document.currency ?? 'USD',
  };
}
