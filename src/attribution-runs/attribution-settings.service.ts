import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { unprocessable } from '../common/problem.js';
import { bumpDataVersion } from '../ingestion/data-version.js';
import { JourneyRefresh } from '../journeys/journey-refresh.service.js';
import { journeyRulesOf, sameJourneyRules } from '../attribution/models/journey-rules.js';
import { DEFAULT_SETTINGS, settingsFaults, type AttributionSettings } from '../attribution/models/settings.js';

/** What an organisation has said about attribution, over the defaults. */
@Injectable()
export class AttributionSettingsService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly audit: AuditTrail,
    private readonly journeys: JourneyRefresh,
  ) {}

  async get(organizationId: string): Promise<AttributionSettings> {
    const rows = (await this.database.query('SELECT settings FROM attribution_settings WHERE organization_id = $1', [
      organizationId,
    ])) as { settings: Partial<AttributionSettings> }[];
    return { ...DEFAULT_SETTINGS, ...rows[0]?.settings };
  }

  async changedSince(organizationId: string, moment: Date): Promise<boolean> {
    const rows = (await this.database.query(
      'SELECT 1 FROM attribution_settings WHERE organization_id = $1 AND updated_at > $2',
      [organizationId, moment],
    )) as unknown[];
    return rows.length > 0;
  }

  /**
   * What is absent stays. Counts from the next run on; the next update becomes a whole run. Where it says otherwise which
   * rows are touchpoints and conversions, journeys and attribution are restated at once.
   */
  async put(identity: Identity, change: Partial<AttributionSettings>): Promise<AttributionSettings> {
    const before = await this.get(identity.organizationId);
    const after = checkedSettings(before, change);
    const restates = !sameJourneyRules(journeyRulesOf(before), journeyRulesOf(after));
    await this.database.transaction(async (manager) => {
      await manager.query(
        `INSERT INTO attribution_settings (organization_id, settings) VALUES ($1, $2)
         ON CONFLICT (organization_id) DO UPDATE SET settings = excluded.settings, updated_at = now()`,
        [identity.organizationId, JSON.stringify(after)],
      );
      await this.audit.record(manager, {
        organizationId: identity.organizationId,
        actor: actorOf(identity),
        action: 'attribution.settings',
        entity: ['attribution_settings', identity.organizationId],
        before,
        after,
      });
      // No answer about journeys from before is served any more; whoever asks next has them computed.
      if (restates) await bumpDataVersion(manager, identity.organizationId);
    });
    if (restates) await this.journeys.due(identity.organizationId);
    return after;
  }
}

/** @throws Problem 422 `invalid_attribution_settings` that names each field that is wrong */
export function checkedSettings(
  settings: AttributionSettings,
  change: Partial<AttributionSettings>,
): AttributionSettings {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const after: AttributionSettings = {
    ...settings,
    ...given,
    ...(change.touch ? { touch: { ...settings.touch, ...change.touch } } : {}),
    ...(change.conversion ? { conversion: { ...settings.conversion, ...change.conversion } } : {}),
  };
  const faults = settingsFaults(after);
  if (faults.length === 0) return after;
  throw unprocessable(
    'invalid_attribution_settings',
    faults.map(({ message }) => message).join(' '),
    faults.map(({ pointer, message }) => ({ code: 'wrong_value', message, pointer })),
  );
}
