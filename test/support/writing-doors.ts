/** Doors that write, with what they are sent, for the sweep of the audit trail. */
type Json = Record<string, unknown>;
/** Ids by name, as earlier requests gave them. */
export type Ids = Record<string, string>;

export interface Write {
  readonly path?: (ids: Ids) => string;
  readonly body?: (ids: Ids) => unknown;
  /** Name under which the answer's id is known to later requests. */
  readonly gives?: string;
}

/** Doors that change nothing an organisation owns, and why they leave no entry. */
export const NO_ENTRY: Readonly<Record<string, string>> = {
  'POST /api/marketing/metrics/validate': 'checks, and writes nothing',
  'POST /api/customers/erasures/preview': 'counts, and writes nothing',
  'POST /api/query': 'reads; exports and reads of sensitive members have entries of their own',
  'POST /api/dashboard/{id}/schedule/preview': 'shows a mail, and sends none',
  'POST /api/reports/schedules/{id}/preview': 'shows a mail, and sends none',
  'POST /api/reports/views/{id}/schedule/preview': 'shows a mail, and sends none',
  'POST /api/reports/mail-host/verify': 'greets a mail host, and writes nothing',
  'POST /u/{token}':
    'asked for with a signed link, by nobody who is known; its entry is shown in the specs of schedules',
  'POST /graphql': 'its mutations are swept by themselves',
  'POST /api/integrations/import': 'as rows; its entry is shown in the specs of imports',
};

export const view = (name: string): Json => ({
  report_name: name,
  report_category: 'roas_analysis',
  metrics: ['clicks'],
});
export const ROW = {
  ...{
    external_id: 'r1',
    recorded_at: '2026-01-05T00:00:00Z',
    data_source: 'meta_ads',
    customer_id: 'ann@example.com',
  },
  ...{ source_category: 'external_marketing', currency: 'USD', data_payload: { spend: '1', clicks: 1 } },
};
export const FILE = `version: 1\nmetrics:\n  - metric_key: swept\n    display_label: Swept\n    metric_type: metric\n    data_type: integer\n    aggregation: sum\n`;
export const metric = (key: string): Json => ({
  ...{ metric_key: key, display_label: key, category: 'calculated', metric_type: 'metric', data_type: 'float' },
  formula: 'revenue / spend',
});

/** In their order: what is made first is there for what comes after. */
export const REST: Readonly<Record<string, Write>> = {
  'POST /api/integrations/rows': {},
  'POST /api/customers/merges': { body: () => ({ from: 'phone-1', to: 'ann@example.com' }), gives: 'merge' },
  'DELETE /api/customers/merges/{id}': { path: (ids) => `/api/customers/merges/${ids.merge}` },
  'POST /api/customers/export': { body: () => ({ customer: 'ann@example.com' }) },
  'POST /api/customers/erasures': { body: () => ({ customer: 'nobody@example.com', mode: 'delete' }) },
  'PUT /api/retention': { body: () => ({ rules: [{ type: 'rejects', keep_days: 30 }] }) },
  'POST /api/retention/runs': {},
  'POST /api/fx/rates': { body: () => [{ base: 'EUR', quote: 'USD', day: '2026-01-05', rate: '1.1' }] },
  'DELETE /api/fx/rates': { path: () => '/api/fx/rates?base=EUR&quote=USD' },
  'POST /api/users': { body: () => ({ email: 'swept@example.com', role: 'analyst' }), gives: 'user' },
  'PATCH /api/users/{id}': { body: () => ({ role: 'viewer' }), path: (ids) => `/api/users/${ids.user}` },
  'POST /api/teams': { body: () => ({ name: 'Swept' }), gives: 'team' },
  'PATCH /api/teams/{id}': { body: () => ({ name: 'Swept again' }), path: (ids) => `/api/teams/${ids.team}` },
  'PUT /api/teams/{id}/members/{userId}': { path: (ids) => `/api/teams/${ids.team}/members/${ids.user}` },
  'DELETE /api/teams/{id}/members/{userId}': { path: (ids) => `/api/teams/${ids.team}/members/${ids.user}` },
  'DELETE /api/teams/{id}': { path: (ids) => `/api/teams/${ids.team}` },
  'DELETE /api/users/{id}': { path: (ids) => `/api/users/${ids.user}` },
  'POST /api/roles': { body: () => ({ name: 'Swept', base_role: 'analyst' }), gives: 'role' },
  'PATCH /api/roles/{id}': { body: () => ({ name: 'Swept again' }), path: (ids) => `/api/roles/${ids.role}` },
  'DELETE /api/roles/{id}': { path: (ids) => `/api/roles/${ids.role}` },
  'POST /api/keys': { body: () => ({ name: 'Swept', role: 'viewer' }), gives: 'key' },
  'POST /api/keys/{id}/rotate': { path: (ids) => `/api/keys/${ids.key}/rotate`, gives: 'key' },
  'DELETE /api/keys/{id}': { path: (ids) => `/api/keys/${ids.key}` },
  'PATCH /api/organization': { body: () => ({ name: 'Swept' }) },
  'PATCH /api/organization/settings': { body: () => ({ week_start: 7 }) },
  'PUT /api/organization/branding': { body: () => ({ name: 'Swept' }) },
  'DELETE /api/organization/branding': {},
  'PUT /api/secrets/{name}': { path: () => '/api/secrets/swept', body: () => ({ value: 'x' }) },
  'DELETE /api/secrets/{name}': { path: () => '/api/secrets/swept' },
  'POST /api/marketing/metrics': { body: () => metric('swept_one'), gives: 'metric' },
  'PATCH /api/marketing/metrics/{id}': {
    body: () => ({ display_label: 'Swept' }),
    path: (ids) => `/api/marketing/metrics/${ids.metric}`,
  },
  'DELETE /api/marketing/metrics/{id}': { path: (ids) => `/api/marketing/metrics/${ids.metric}` },
  'POST /api/marketing/metrics/import': {},
  'POST /api/marketing/model/restore': { body: (ids) => ({ snapshot: ids.snapshot }) },
  'PUT /api/marketing/rollups/{name}': {
    path: () => '/api/marketing/rollups/swept',
    body: () => ({ dimensions: ['data_source'], grain: 'daily' }),
  },
  'DELETE /api/marketing/rollups/{name}': { path: () => '/api/marketing/rollups/swept' },
  'PUT /api/analytics/attribution/settings': { body: () => ({ models: ['linear', 'first_touch'] }) },
  'POST /api/analytics/attribution/calculate': { body: () => ({ models: ['linear'] }), gives: 'run' },
  'POST /api/reports/views': { body: () => view('Swept'), gives: 'view' },
  'PATCH /api/reports/views/{id}': {
    body: () => ({ report_name: 'Swept again' }),
    path: (ids) => `/api/reports/views/${ids.view}`,
  },
  'POST /api/reports/views/{id}/schedule': {
    path: (ids) => `/api/reports/views/${ids.view}/schedule`,
    body: () => ({ cron: '0 9 * * 1', recipients: ['ann@example.com'], formats: ['csv'], period: 'as_saved' }),
    gives: 'schedule',
  },
  'PATCH /api/reports/schedules/{id}': {
    path: (ids) => `/api/reports/schedules/${ids.schedule}`,
    body: () => ({ subject: 'Swept' }),
  },
  'POST /api/reports/schedules/{id}/pause': { path: (ids) => `/api/reports/schedules/${ids.schedule}/pause` },
  'POST /api/reports/schedules/{id}/resume': { path: (ids) => `/api/reports/schedules/${ids.schedule}/resume` },
  'POST /api/reports/schedules/{id}/skip-next': { path: (ids) => `/api/reports/schedules/${ids.schedule}/skip-next` },
  'POST /api/reports/schedules/{id}/run': { path: (ids) => `/api/reports/schedules/${ids.schedule}/run` },
  'DELETE /api/reports/schedules/{id}': { path: (ids) => `/api/reports/schedules/${ids.schedule}` },
  'POST /api/reports/views/{id}/deliver': {
    path: (ids) => `/api/reports/views/${ids.view}/deliver`,
    body: () => ({ recipients: ['ann@example.com'], formats: ['csv'] }),
  },
  'DELETE /api/reports/views/{id}': { path: (ids) => `/api/reports/views/${ids.view}` },
  'PUT /api/reports/mail-settings': { body: () => ({ allowed_domains: null }) },
  'POST /api/reports/suppressions': { body: () => ({ address: 'off@example.com' }), gives: 'suppression' },
  'DELETE /api/reports/suppressions/{id}': { path: (ids) => `/api/reports/suppressions/${ids.suppression}` },
  'POST /api/reports/bounces': { body: () => ({ address: 'gone@example.com', type: 'hard' }) },
  'POST /api/dashboard/create': {
    body: () => ({ dashboard_name: 'Swept', widgets: [{ type: 'text', text: 'Hello' }] }),
    gives: 'dashboard',
  },
  'PATCH /api/dashboard/{id}': {
    path: (ids) => `/api/dashboard/${ids.dashboard}`,
    body: () => ({ dashboard_name: 'Swept again' }),
  },
  'POST /api/dashboard/{id}/export': {
    path: (ids) => `/api/dashboard/${ids.dashboard}/export`,
    body: () => ({ format: 'csv' }),
  },
  'POST /api/dashboard/{id}/deliver': {
    path: (ids) => `/api/dashboard/${ids.dashboard}/deliver`,
    body: () => ({ recipients: ['ann@example.com'], formats: ['html'] }),
  },
  'POST /api/dashboard/{id}/schedule': {
    path: (ids) => `/api/dashboard/${ids.dashboard}/schedule`,
    body: () => ({ cron: '0 9 * * 1', recipients: ['ann@example.com'], formats: ['html'], period: 'as_saved' }),
  },
  'PUT /api/reports/mail-host': {
    body: () => ({ host: 'localhost', port: 587, from: 'reports@example.com', username: 'a', password: 'b' }),
  },
  'DELETE /api/reports/mail-host': {},
  'DELETE /api/dashboard/{id}': { path: (ids) => `/api/dashboard/${ids.dashboard}` },
};

/** Their entry is written when the work is refused, or only under conditions that a sweep can't bring about; why. */
export const SHOWN_ELSEWHERE: Readonly<Record<string, string>> = {
  'POST /api/marketing/rollups/{name}/refresh': 'needs a rollup that a job has filled; in the guide to rollups',
  'DELETE /api/analytics/attribution/runs/{id}': 'as cancel',
  'POST /api/analytics/attribution/runs/{id}/cancel': 'a small run ends before it can be cancelled',
};

/** What they write is taken up at once by a job, so that it has another version when it is looked at. */
export const AT_ONCE_AGAIN: readonly string[] = [
  ...['POST /api/customers/merges', 'POST /api/analytics/attribution/calculate'],
  ...['POST /api/reports/schedules/{id}/run', 'POST /api/reports/views/{id}/deliver'],
  'POST /api/dashboard/{id}/deliver',
];
/** Read, and create nothing; their answers are streamed and not kept. */
export const READS = /\/export$/;

/** A mutation's arguments, and the name under which the id in its answer is known to later ones. */
export interface Mutation {
  readonly args?: (ids: Ids) => Json;
  readonly gives?: string;
  /** What is selected of an object; `id` where it gives one. */
  readonly selection?: string;
}
const byId =
  (name: string, more: Json = {}) =>
  (ids: Ids): Json => ({ id: ids[name], ...more });
const inputOf = (input: Json) => (): Json => ({ input });
const schedule: Json = { cron: '0 9 * * 1', recipients: ['ann@example.com'], formats: ['csv'], period: 'as_saved' };

/** In their order, as {@link REST}. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  changeAttributionSettings: { args: inputOf({ models: ['linear', 'last_touch'] }) },
  calculateAttribution: { args: inputOf({ models: ['linear'] }) },
  mergeCustomers: { args: () => ({ from: 'phone-1', to: 'ann@example.com' }), gives: 'merge' },
  undoCustomerMerge: { args: byId('merge') },
  eraseCustomer: { args: () => ({ customer: 'noone@example.com', mode: 'delete' }) },
  setRetentionPolicy: { args: () => ({ rules: [{ type: 'rejects', keep_days: 31 }] }) },
  runRetention: {},
  importFxRates: { args: () => ({ rates: [{ base: 'EUR', quote: 'USD', day: '2026-01-06', rate: '1.2' }] }) },
  deleteFxRates: { args: () => ({ base: 'EUR', quote: 'USD' }) },
  addUser: { args: inputOf({ email: 'graphql@example.com', role: 'analyst' }), gives: 'user' },
  updateUser: { args: byId('user', { input: { role: 'viewer' } }) },
  createTeam: { args: inputOf({ name: 'Graph' }), gives: 'team' },
  renameTeam: { args: byId('team', { input: { name: 'Graph again' } }) },
  addTeamMember: { args: (ids) => ({ id: ids.team, user_id: ids.user }) },
  removeTeamMember: { args: (ids) => ({ id: ids.team, user_id: ids.user }) },
  deleteTeam: { args: byId('team') },
  removeUser: { args: byId('user') },
  createCustomRole: { args: inputOf({ name: 'Graph', base_role: 'analyst' }), gives: 'role' },
  updateCustomRole: { args: byId('role', { input: { name: 'Graph again' } }) },
  deleteCustomRole: { args: byId('role') },
  createApiKey: { args: inputOf({ name: 'Graph', role: 'viewer' }), gives: 'key' },
  rotateApiKey: { args: byId('key'), gives: 'key' },
  revokeApiKey: { args: byId('key') },
  updateOrganization: { args: inputOf({ name: 'Graph' }) },
  updateOrganizationSettings: { args: inputOf({ week_start: 1 }) },
  putSecret: { args: () => ({ name: 'graph', value: 'x' }) },
  removeSecret: { args: () => ({ name: 'graph' }) },
  createMetric: { args: () => ({ input: metric('graph_one') }), gives: 'metric' },
  updateMetric: { args: byId('metric', { input: { display_label: 'Graph' } }) },
  deactivateMetric: { args: byId('metric') },
  importDefinitions: { args: () => ({ file: FILE.replaceAll('swept', 'graph_swept') }) },
  restoreModel: { args: (ids) => ({ snapshot: ids.snapshot }) },
  createReportView: { args: () => ({ input: view('Graph') }), gives: 'view' },
  updateReportView: { args: byId('view', { input: { report_name: 'Graph again' } }) },
  scheduleReportView: { args: byId('view', { input: schedule }), gives: 'schedule' },
  updateReportSchedule: { args: byId('schedule', { input: { subject: 'Graph' } }) },
  pauseReportSchedule: { args: byId('schedule') },
  resumeReportSchedule: { args: byId('schedule') },
  skipNextReport: { args: byId('schedule') },
  runReportSchedule: { args: byId('schedule') },
  deleteReportSchedule: { args: byId('schedule') },
  deliverReportView: { args: byId('view', { input: { recipients: ['ann@example.com'], formats: ['html'] } }) },
  deleteReportView: { args: byId('view') },
  setMailHost: { args: inputOf({ host: 'localhost', port: 587, from: 'reports@example.com' }) },
  removeMailHost: {},
  createDashboard: {
    args: inputOf({ dashboard_name: 'Graph', widgets: [{ type: 'text', text: 'Hello' }] }),
    gives: 'dashboard',
  },
  updateDashboard: { args: byId('dashboard', { input: { dashboard_name: 'Graph again' } }) },
  scheduleDashboard: { args: byId('dashboard', { input: { ...schedule, formats: ['html'] } }) },
  deliverDashboard: { args: byId('dashboard', { input: { recipients: ['ann@example.com'], formats: ['html'] } }) },
  deleteDashboard: { args: byId('dashboard') },
};

/** Mutations that change nothing an organisation owns, or nothing here, and why they leave no entry. */
export const MUTATIONS_WITHOUT_ENTRY: Readonly<Record<string, string>> = {
  verifyMailHost: 'greets a mail host, and writes nothing',
  cancelAttributionRun: 'a small run ends before it can be cancelled',
};

/** As {@link AT_ONCE_AGAIN}, or what they write is deleted, so that nothing of the transaction is left to be seen. */
export const LEAVES_NOTHING =
  /^(mergeCustomers|deliver|calculateAttribution$|undoCustomerMerge|runReportSchedule|delete|remove|eraseCustomer$|runRetention$)/;
