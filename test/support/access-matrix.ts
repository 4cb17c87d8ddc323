/** What each door needs, and who has it: the FSD's role matrix, written out once more, by hand. */

const EVERYONE = ['organization_admin', 'marketing_manager', 'campaign_manager', 'analyst', 'viewer'] as const;
const REPORTERS = ['organization_admin', 'marketing_manager', 'campaign_manager', 'analyst'] as const;
const ADMIN = ['organization_admin'] as const;
const MANAGERS = ['organization_admin', 'marketing_manager'] as const;

export const ROLES_OF = {
  self: EVERYONE,
  'view reports': EVERYONE,
  'create reports': REPORTERS,
  'view metrics config': MANAGERS,
  'change metrics config': ADMIN,
  'view data status': MANAGERS,
  'bring data': ADMIN,
  administer: ADMIN,
} as const;
export type Needs = keyof typeof ROLES_OF;

export interface Door {
  readonly needs: Needs;
  /** Whose id the door takes. */
  readonly thing?: 'view' | 'schedule' | 'metric' | 'user' | 'team' | 'role' | 'key' | 'import' | 'suppression';
  readonly body?: Readonly<Record<string, unknown>>;
  /** A read that is refused for want of something; still, its door opens. */
  readonly refuses?: boolean;
}

/** Doors that need no key, and why. */
export const PUBLIC_DOORS: Readonly<Record<string, string>> = {
  'GET /f/{token}': 'the signed token is the right',
  'GET /r/{token}': 'the signed token is the right',
  'GET /u/{token}': 'the signed token is the right',
  'POST /u/{token}': 'the signed token is the right',
  'GET /health/live': 'for whoever runs the process; tells nothing of any organisation',
  'GET /health/ready': 'for whoever runs the process; tells nothing of any organisation',
  'GET /metrics': 'for whoever runs the process; counts without organisations',
  'GET /graphql': 'its fields are doors of their own; the schema itself is no secret',
  'POST /graphql': 'its fields are doors of their own; the schema itself is no secret',
};

const read = (needs: Needs, thing?: Door['thing']): Door => (thing ? { needs, thing } : { needs });

export const REST_DOORS: Readonly<Record<string, Door>> = {
  'GET /api/audit': read('administer'),
  'GET /api/audit/export': read('administer'),
  'GET /api/audit/verify': read('administer'),
  'POST /api/integrations/import': read('bring data'),
  'GET /api/integrations/imports': read('view data status'),
  'GET /api/integrations/imports/{id}': read('view data status', 'import'),
  'GET /api/integrations/imports/{id}/rejects': read('view data status', 'import'),
  'POST /api/integrations/rows': read('bring data'),
  'GET /api/integrations/sources': read('view data status'),
  'GET /api/keys': read('administer'),
  'POST /api/keys': read('administer'),
  'GET /api/keys/{id}': read('administer', 'key'),
  'DELETE /api/keys/{id}': read('administer', 'key'),
  'POST /api/keys/{id}/rotate': read('administer', 'key'),
  'POST /api/marketing/metrics': read('change metrics config'),
  'GET /api/marketing/metrics': read('view metrics config'),
  'GET /api/marketing/metrics/export': read('view metrics config'),
  'POST /api/marketing/metrics/import': read('change metrics config'),
  'POST /api/marketing/metrics/validate': read('change metrics config'),
  'GET /api/marketing/metrics/{id}': read('view metrics config', 'metric'),
  'PATCH /api/marketing/metrics/{id}': read('change metrics config', 'metric'),
  'DELETE /api/marketing/metrics/{id}': read('change metrics config', 'metric'),
  'GET /api/marketing/model': read('view reports'),
  'GET /api/marketing/model/cube': read('view metrics config'),
  'GET /api/marketing/model/diff': { needs: 'view metrics config', refuses: true },
  'GET /api/marketing/model/history': read('view metrics config'),
  'POST /api/marketing/model/restore': read('change metrics config'),
  'GET /api/marketing/rollups': read('view metrics config'),
  'PUT /api/marketing/rollups/{name}': read('change metrics config'),
  'DELETE /api/marketing/rollups/{name}': read('change metrics config'),
  'GET /api/me': read('self'),
  'GET /api/organization': read('self'),
  'PATCH /api/organization': read('administer'),
  'GET /api/organization/settings': read('self'),
  'PATCH /api/organization/settings': read('administer'),
  'GET /api/plan': read('self'),
  'POST /api/query': { needs: 'create reports', body: { metrics: ['clicks'] } },
  'POST /api/reports/bounces': read('administer'),
  'GET /api/reports/deliveries': read('create reports'),
  'GET /api/reports/mail-settings': read('create reports'),
  'PUT /api/reports/mail-settings': read('administer'),
  'GET /api/reports/schedules': read('create reports'),
  'GET /api/reports/schedules/{id}': read('create reports', 'schedule'),
  'PATCH /api/reports/schedules/{id}': read('create reports', 'schedule'),
  'DELETE /api/reports/schedules/{id}': read('create reports', 'schedule'),
  'GET /api/reports/schedules/{id}/next': read('create reports', 'schedule'),
  'POST /api/reports/schedules/{id}/pause': read('create reports', 'schedule'),
  'POST /api/reports/schedules/{id}/resume': read('create reports', 'schedule'),
  'POST /api/reports/schedules/{id}/run': read('create reports', 'schedule'),
  'POST /api/reports/schedules/{id}/skip-next': read('create reports', 'schedule'),
  'GET /api/reports/suppressions': read('administer'),
  'POST /api/reports/suppressions': read('administer'),
  'DELETE /api/reports/suppressions/{id}': read('administer', 'suppression'),
  'POST /api/reports/views': read('create reports'),
  'GET /api/reports/views': read('view reports'),
  'GET /api/reports/views/{id}': read('view reports', 'view'),
  'PATCH /api/reports/views/{id}': read('create reports', 'view'),
  'DELETE /api/reports/views/{id}': read('create reports', 'view'),
  'GET /api/reports/views/{id}/data': read('view reports', 'view'),
  'POST /api/reports/views/{id}/deliver': read('create reports', 'view'),
  'POST /api/reports/views/{id}/schedule': read('create reports', 'view'),
  'GET /api/roles': read('administer'),
  'POST /api/roles': read('administer'),
  'GET /api/roles/{id}': read('administer', 'role'),
  'PATCH /api/roles/{id}': read('administer', 'role'),
  'DELETE /api/roles/{id}': read('administer', 'role'),
  'GET /api/teams': read('administer'),
  'POST /api/teams': read('administer'),
  'GET /api/teams/{id}': read('administer', 'team'),
  'PATCH /api/teams/{id}': read('administer', 'team'),
  'DELETE /api/teams/{id}': read('administer', 'team'),
  'PUT /api/teams/{id}/members/{userId}': read('administer', 'team'),
  'DELETE /api/teams/{id}/members/{userId}': read('administer', 'team'),
  'GET /api/users': read('administer'),
  'POST /api/users': read('administer'),
  'GET /api/users/{id}': read('administer', 'user'),
  'PATCH /api/users/{id}': read('administer', 'user'),
  'DELETE /api/users/{id}': read('administer', 'user'),
};

interface GraphqlDoor extends Pick<Door, 'needs' | 'thing'> {
  /** Arguments that must be of a certain shape to get past validation. */
  readonly input?: Readonly<Record<string, unknown>>;
}
const METRIC = {
  ...{ metric_key: 'one', display_label: 'One', category: 'calculated', metric_type: 'metric', data_type: 'float' },
  ...{ formula: 'nothing_known' },
};

export const GRAPHQL_DOORS: Readonly<Record<string, GraphqlDoor>> = {
  apiKeys: { needs: 'administer' },
  auditTrail: { needs: 'administer' },
  cubeModel: { needs: 'view metrics config', input: { dialect: 'clickhouse' } },
  customRoles: { needs: 'administer' },
  exportDefinitions: { needs: 'view metrics config' },
  metric: { needs: 'view metrics config', thing: 'metric' },
  metrics: { needs: 'view metrics config' },
  model: { needs: 'view reports' },
  modelDiff: { needs: 'view metrics config' },
  modelHistory: { needs: 'view metrics config' },
  organization: { needs: 'self' },
  organizationSettings: { needs: 'self' },
  query: { needs: 'create reports', input: { request: { metrics: ['clicks'] } } },
  reportView: { needs: 'view reports', thing: 'view' },
  reportViews: { needs: 'view reports' },
  runReportView: { needs: 'view reports', thing: 'view' },
  teams: { needs: 'administer' },
  users: { needs: 'administer' },
  validateMetric: { needs: 'change metrics config', input: { input: METRIC } },
  validateMetricChange: { needs: 'change metrics config', thing: 'metric', input: { input: { is_active: false } } },
  verifyAuditTrail: { needs: 'administer' },
  addTeamMember: { needs: 'administer', thing: 'team' },
  addUser: { needs: 'administer', input: { input: { email: 'no address' } } },
  createApiKey: { needs: 'administer', input: { input: { name: '' } } },
  createCustomRole: { needs: 'administer', input: { input: { name: '', base_role: 'viewer' } } },
  createMetric: { needs: 'change metrics config', input: { input: METRIC } },
  createReportView: { needs: 'create reports', input: { input: {} } },
  createTeam: { needs: 'administer', input: { input: { name: '' } } },
  deactivateMetric: { needs: 'change metrics config', thing: 'metric' },
  deleteCustomRole: { needs: 'administer', thing: 'role' },
  deleteReportView: { needs: 'create reports', thing: 'view' },
  deleteTeam: { needs: 'administer', thing: 'team' },
  importDefinitions: { needs: 'change metrics config', input: { file: '' } },
  removeTeamMember: { needs: 'administer', thing: 'team' },
  removeUser: { needs: 'administer', thing: 'user' },
  renameTeam: { needs: 'administer', thing: 'team', input: { input: { name: 'Renamed' } } },
  restoreModel: { needs: 'change metrics config' },
  revokeApiKey: { needs: 'administer', thing: 'key' },
  rotateApiKey: { needs: 'administer', thing: 'key' },
  updateCustomRole: { needs: 'administer', thing: 'role' },
  updateMetric: { needs: 'change metrics config', thing: 'metric', input: { input: { display_label: 'Taken over' } } },
  updateOrganization: { needs: 'administer' },
  updateOrganizationSettings: { needs: 'administer' },
  updateReportView: { needs: 'create reports', thing: 'view', input: { input: { report_name: 'Taken over' } } },
  updateUser: { needs: 'administer', thing: 'user', input: { input: { campaigns: [] } } },
};
