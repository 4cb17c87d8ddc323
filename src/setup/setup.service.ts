import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { ApiKey } from '../access/api-key.entity.js';
import { ApiKeyService } from '../access/api-key.service.js';
import type { Identity } from '../access/identity.js';
import { createOrganization } from '../administration/new-organization.js';
import { Membership } from '../access/membership.entity.js';
import { Organization } from '../access/organization.entity.js';
import { API_KEY_FORM, APP_CONFIG, type AppConfig } from '../config/config.js';
import { AttributionRuns } from '../attribution-runs/attribution-runs.service.js';
import { Dashboard } from '../dashboards/dashboard.entity.js';
import { DashboardService } from '../dashboards/dashboard.service.js';
import { DeliveryService } from '../delivery/delivery.service.js';
import { viewRef } from '../delivery/report-subject.port.js';
import { Occurrence } from '../delivery/occurrence.entity.js';
import { ImportService } from '../ingestion/import.service.js';
import { MetricConfig } from '../metrics/metric-config.entity.js';
import { MetricService } from '../metrics/metric.service.js';
import { ReportViewService } from '../reports/report-view.service.js';
import { ReportView } from '../reports/report-view.entity.js';
import { sampleDashboard, SAMPLE_METRICS, SAMPLE_VIEWS } from '../sample/definitions.js';
import { generateSample } from '../sample/generate.js';

export interface FirstOrganization {
  readonly organization: { readonly id: string; readonly name: string; readonly slug: string };
  /** The administrator's key if it was made just now. */
  readonly newKey: string | null;
}

const SAMPLE = { slug: 'sample', name: 'Juniper & Oak', currency: 'USD', time_zone: 'America/New_York' };
const EMPTY = { slug: 'main', name: 'My organisation', currency: 'USD', time_zone: 'UTC' };
/** Any fixed number: keeps two starting processes from setting up twice. */
const SETUP_LOCK = 7_105_231_985;

/** The first start: an organisation, its administrator and key, and the sample data. Later starts find it all there. */
@Injectable()
export class SetupService {
  private readonly logger = new Logger('Setup');

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly keys: ApiKeyService,
    private readonly imports: ImportService,
    private readonly metrics: MetricService,
    private readonly views: ReportViewService,
    private readonly deliveries: DeliveryService,
    private readonly attribution: AttributionRuns,
    private readonly dashboards: DashboardService,
  ) {}

  /** Makes the first organisation with an administrator, once; and the key of ADMIN_API_KEY, whenever it is new. */
  async ensureOrganization(): Promise<FirstOrganization> {
    return this.database.transaction(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [SETUP_LOCK]);
      const existing = await manager.findOne(Organization, { where: {}, order: { created_at: 'ASC', id: 'ASC' } });
      const organization = existing ?? (await this.createOrganization(manager));
      const userId = await this.adminOf(manager, organization.id);
      const newKey = await this.ensureKey(manager, organization.id, userId, existing === null);
      return { organization, newKey };
    });
  }

  /**
   * Imports the sample organisation's thirteen months through the ordinary import, defines its metrics and views, and
   * sends its first report; that it was sent is the sign that all is done. Each step before it asks what is already there,
   * so that a start that was cut short is carried on.
   */
  async ensureSample(say: (line: string) => void): Promise<void> {
    const organization = await this.database.manager.findOneBy(Organization, { slug: SAMPLE.slug });
    if (!organization) return;
    const sent = await this.database.manager.countBy(Occurrence, { organization_id: organization.id });
    if (sent > 0) return;
    const identity = await this.identityOf(organization);
    say('Importing the sample organisation (once) …');
    // The day of the first start, also when it is carried on later: other days would be other rows.
    for await (const file of generateSample({ seed: 1, now: organization.created_at })) {
      const result = await this.imports.importStream({
        organizationId: organization.id,
        preset: file.preset,
        stream: file.content,
        filename: file.filename,
        ...(file.mapping ? { mapping: file.mapping } : {}),
      });
      say(
        `  ${file.filename}: ${result.loaded + result.replaced + result.unchanged} rows, ${result.rejected} rejected`,
      );
    }
    const { manager } = this.database;
    for (const metric of SAMPLE_METRICS) {
      const { metric_key } = metric;
      const there = await manager.existsBy(MetricConfig, { organization_id: organization.id, metric_key });
      if (!there) await this.metrics.create(identity, metric);
    }
    for (const view of SAMPLE_VIEWS) {
      const { report_name } = view;
      const there = await manager.existsBy(ReportView, { organization_id: organization.id, report_name });
      if (!there) await this.views.create(identity, view);
    }
    await this.ensureDashboard(identity);
    await this.attribution.bringUpToDate(organization.id);
    say('  Attribution is calculated for every model.');
    const { report_name } = SAMPLE_VIEWS[0];
    const first = await manager.findOneByOrFail(ReportView, { organization_id: organization.id, report_name });
    await this.deliveries.deliver(identity, viewRef(first.id), {});
    say(`  First report "${report_name}" is on its way to the outbox.`);
  }

  private async ensureDashboard(identity: Identity): Promise<void> {
    const { manager } = this.database;
    const organization_id = identity.organizationId;
    if (await manager.existsBy(Dashboard, { organization_id })) return;
    const views = await manager.findBy(ReportView, { organization_id });
    const viewId = (name: string): string => {
      const view = views.find(({ report_name }) => report_name === name);
      if (!view) throw new Error(`The sample has no view “${name}”.`);
      return view.id;
    };
    await this.dashboards.create(identity, sampleDashboard(viewId));
  }

  private async createOrganization(manager: EntityManager): Promise<Organization> {
    const settings = this.config.sampleData ? SAMPLE : EMPTY;
    const admin = { email: `admin@${settings.slug}.example`, display_name: 'Administrator' };
    const { organization } = await createOrganization(manager, { ...settings, admin });
    this.logger.log(`Created the organisation ${settings.slug}`);
    return organization;
  }

  private async adminOf(manager: EntityManager, organizationId: string): Promise<string | null> {
    const membership = await manager.findOne(Membership, {
      where: { organization_id: organizationId, role: 'organization_admin' },
      order: { created_at: 'ASC' },
    });
    return membership?.user_id ?? null;
  }

  private async ensureKey(
    manager: EntityManager,
    organizationId: string,
    userId: string | null,
    first: boolean,
  ): Promise<string | null> {
    const chosen = this.config.adminApiKey;
    if (chosen) {
      const publicId = API_KEY_FORM.exec(chosen)?.[1] ?? '';
      if (await manager.existsBy(ApiKey, { public_id: publicId })) return null;
    } else if (!first) {
      return null;
    }
    const key = await this.keys.create(
      {
        organizationId,
        userId,
        name: 'First administrator',
        role: 'organization_admin',
        ...(chosen ? { key: chosen } : {}),
      },
      manager,
    );
    return chosen ? null : key;
  }

  private async identityOf(organization: Organization): Promise<Identity> {
    return {
      organizationId: organization.id,
      organizationSlug: organization.slug,
      userId: await this.adminOf(this.database.manager, organization.id),
      role: 'organization_admin',
      keyId: 'setup',
      door: 'setup',
    };
  }
}
