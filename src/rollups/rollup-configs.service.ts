import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import type { Snapshot } from '../compiler/model/types.js';
import type { RollupDefinition } from '../compiler/rollup/types.js';
import { ENGINE } from '../engine/engine.tokens.js';
import type { Engine } from '../engine/engine.js';
import { ModelService } from '../metrics/model.service.js';
import { DEFAULT_MIN_ROWS, wantedRollups, type RollupConfig } from './rollup-config.js';

/** What an organisation wishes for, and what comes of it on its live model. */
@Injectable()
export class RollupConfigs {
  /** Rows from which on there is a default rollup; null where there is none. */
  readonly minRows: number | null;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) engine: Engine,
    @Inject(APP_CONFIG) { rollupMinRows }: AppConfig,
    private readonly models: ModelService,
  ) {
    this.minRows = rollupMinRows === 'off' ? null : (rollupMinRows ?? DEFAULT_MIN_ROWS[engine.dialect]);
  }

  configs(organizationId: string): Promise<RollupConfig[]> {
    return this.database.query(
      'SELECT name, dimensions, grain, time_zone, is_on FROM rollup_configs WHERE organization_id = $1 ORDER BY name',
      [organizationId],
    );
  }

  async wanted(organizationId: string): Promise<{ snapshot: Snapshot; definitions: RollupDefinition[] }> {
    const { snapshot } = await this.models.live(organizationId);
    const configs = await this.configs(organizationId);
    const isLarge = this.minRows !== null && (await this.rows(organizationId)) >= this.minRows;
    const { time_zone: timeZone } = snapshot.model.settings;
    return { snapshot, definitions: wantedRollups({ configs, timeZone, isLarge }) };
  }

  /** Rows that were imported; erased ones still count. */
  async rows(organizationId: string): Promise<number> {
    const [row] = await this.database.query<{ rows: string }[]>(
      `SELECT coalesce(sum(loaded), 0)::text AS rows FROM imports WHERE organization_id = $1 AND state = 'done'`,
      [organizationId],
    );
    return Number(row?.rows ?? 0);
  }
}
