import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { nearestNames } from '../common/nearest.js';
import { conflict, notFound, unprocessable, type ProblemItem } from '../common/problem.js';
import { BASE_DIMENSIONS } from '../compiler/cube/base.js';
import type { Snapshot } from '../compiler/model/types.js';
import { rollupLayout } from '../compiler/rollup/layout.js';
import type { RollupLayout } from '../compiler/rollup/types.js';
import { ENGINE } from '../engine/engine.tokens.js';
import type { Engine } from '../engine/engine.js';
import { LibraryService } from '../metrics/library.service.js';
import { columnTypes } from '../metrics/typed-fields.js';
import { RollupConfigs } from './rollup-configs.service.js';
import { DEFAULT_NAME, MOST_ROLLUPS, type RollupConfig } from './rollup-config.js';
import { markRollup } from './rollup-marks.js';
import { RollupKeeper } from './rollup-keeper.service.js';
import { RollupViews } from './rollup-views.service.js';
import type { PutRollupDto, RollupDto, RollupsDto } from './rollups.dto.js';

interface Stored {
  readonly id: string;
  readonly name: string;
  readonly state: 'building' | 'ready';
  readonly layout: RollupLayout;
  readonly problem: string | null;
  readonly hits: string;
  readonly last_hit_at: Date | null;
  readonly months: string;
  readonly stale: string;
  readonly rows: string;
  readonly refreshed_at: Date | null;
}

/** What a person asks and says about an organisation's rollups. */
@Injectable()
export class RollupsService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly configs: RollupConfigs,
    private readonly views: RollupViews,
    private readonly keeper: RollupKeeper,
    private readonly library: LibraryService,
    private readonly audit: AuditTrail,
  ) {}

  async list(organizationId: string): Promise<RollupsDto> {
    const { snapshot, definitions } = await this.configs.wanted(organizationId);
    const configs = await this.configs.configs(organizationId);
    const stored = await this.stored(organizationId);
    const data: RollupDto[] = [];
    for (const definition of definitions) {
      const layout = this.layoutOf(definition, snapshot);
      const mine = stored.filter(({ name }) => name === definition.name);
      const answering = mine.find(({ state }) => state === 'ready');
      const newest = mine.at(-1);
      const shown = answering ?? newest;
      const keys = this.views.keysOf(snapshot, shown?.layout ?? layout);
      data.push({
        name: definition.name,
        origin: configs.some(({ name }) => name === definition.name) ? 'organization' : 'default',
        dimensions: [...keys.dimensions].filter((key) => !key.startsWith('_')),
        metrics: [...keys.measures].filter((key) => !key.startsWith('_')).sort(),
        grain: definition.grain,
        time_zone: layout.definition.time_zone,
        state: answering === undefined ? 'building' : answering === newest ? 'ready' : 'rebuilding',
        problem: newest?.problem ?? null,
        rows: Number(shown?.rows ?? 0),
        bytes: shown === undefined ? 0 : await this.engine.rollups.bytes(shown.id),
        months: Number(shown?.months ?? 0),
        stale_months: Number(shown?.stale ?? 0),
        refreshed_at: shown?.refreshed_at?.toISOString() ?? null,
        answers: Number(shown?.hits ?? 0),
        last_answer_at: shown?.last_hit_at?.toISOString() ?? null,
      });
    }
    return {
      data,
      default_from_rows: this.configs.minRows,
      default_is_off: configs.some(({ name, is_on }) => name === DEFAULT_NAME && !is_on),
      organization_rows: await this.configs.rows(organizationId),
    };
  }

  /** @throws Problem 422 for dimensions that rows can't be grouped by; 409 for one rollup too many */
  async put(identity: Identity, name: string, body: PutRollupDto): Promise<RollupDto> {
    const { organizationId } = identity;
    const { snapshot } = await this.configs.wanted(organizationId);
    const { dimensions, grain, time_zone = null } = body;
    const definition = { name, dimensions, grain, time_zone: time_zone ?? snapshot.model.settings.time_zone };
    checkDimensions(definition.dimensions, this.layoutOf(definition, snapshot), snapshot);
    await this.write(identity, name, async (manager) => {
      const configs = await this.configs.configs(organizationId);
      const others = configs.filter((each) => each.name !== name && each.is_on).length;
      if (others >= MOST_ROLLUPS)
        throw conflict('too_many_rollups', `An organisation may have ${MOST_ROLLUPS} rollups; delete one first.`);
      await manager.query(
        `INSERT INTO rollup_configs (organization_id, name, dimensions, grain, time_zone) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (organization_id, name) DO UPDATE SET dimensions = excluded.dimensions, grain = excluded.grain,
           time_zone = excluded.time_zone, is_on = true, updated_at = now()`,
        [organizationId, name, dimensions, grain, time_zone],
      );
    });
    const found = (await this.list(organizationId)).data.find((each) => each.name === name);
    if (!found) throw notFound(`The rollup “${name}” was deleted by somebody else.`);
    return found;
  }

  /** The default one stays off until it is put again. @throws Problem 404 */
  async remove(identity: Identity, name: string): Promise<void> {
    const { organizationId } = identity;
    await this.write(identity, name, async (manager) => {
      if (name === DEFAULT_NAME) {
        await manager.query(
          `INSERT INTO rollup_configs (organization_id, name, dimensions, grain, is_on) VALUES ($1, $2, '{}', 'daily', false)
           ON CONFLICT (organization_id, name) DO UPDATE SET is_on = false, updated_at = now()`,
          [organizationId, name],
        );
        return;
      }
      const [gone] = await manager.query<[unknown[], number]>(
        'DELETE FROM rollup_configs WHERE organization_id = $1 AND name = $2 RETURNING name',
        [organizationId, name],
      );
      if (gone.length === 0) throw notFound(`There is no rollup “${name.slice(0, 80)}”.`);
    });
  }

  /**
   * Has all months of a rollup filled anew; until they are, they are answered from rows. Nothing needs this but the wish
   * to be sure. @throws Problem 404 where there is none, or it is being built
   */
  async refresh(identity: Identity, name: string): Promise<RollupDto> {
    const { organizationId } = identity;
    await this.database.transaction(async (manager) => {
      const marked = await markRollup(manager, organizationId, name);
      if (marked === 0) throw notFound(`There is no rollup “${name.slice(0, 80)}” with months to fill.`);
      await this.audit.record(manager, {
        ...{ organizationId, actor: actorOf(identity), action: 'rollup.refresh', entity: ['rollup', name] },
        after: { months: marked },
      });
    });
    this.keeper.due(organizationId);
    const found = (await this.list(organizationId)).data.find((each) => each.name === name);
    if (!found) throw notFound(`The rollup “${name.slice(0, 80)}” is no longer wanted.`);
    return found;
  }

  private async write(
    identity: Identity,
    name: string,
    change: (manager: EntityManager) => Promise<void>,
  ): Promise<void> {
    const { organizationId } = identity;
    const configOf = async (): Promise<RollupConfig | null> =>
      (await this.configs.configs(organizationId)).find((each) => each.name === name) ?? null;
    const before = await configOf();
    await this.database.transaction(async (manager) => {
      await change(manager);
      const [after = null] = await manager.query<RollupConfig[]>(
        'SELECT name, dimensions, grain, time_zone, is_on FROM rollup_configs WHERE organization_id = $1 AND name = $2',
        [organizationId, name],
      );
      await this.audit.record(manager, {
        organizationId,
        actor: actorOf(identity),
        action: after?.is_on === true ? 'rollup.update' : 'rollup.delete',
        entity: ['rollup', name],
        before,
        after,
      });
    });
    this.keeper.due(organizationId);
  }

  private stored(organizationId: string): Promise<Stored[]> {
    return this.database.query(
      `SELECT rollups.id, name, state, layout, problem, hits, last_hit_at, count(month) AS months,
         count(month) FILTER (WHERE is_stale) AS stale, coalesce(sum(rows), 0) AS rows,
         max(rollup_months.refreshed_at) AS refreshed_at
       FROM rollups LEFT JOIN rollup_months ON rollup_id = rollups.id
       WHERE rollups.organization_id = $1 AND state <> 'retired' GROUP BY rollups.id ORDER BY created_at, rollups.id`,
      [organizationId],
    );
  }

  private layoutOf(definition: RollupLayout['definition'], { model }: Snapshot): RollupLayout {
    return rollupLayout(definition, model, this.engine.dialect, columnTypes(this.library.library));
  }
}

function checkDimensions(dimensions: readonly string[], { keys }: RollupLayout, { model }: Snapshot): void {
  const known = [
    ...BASE_DIMENSIONS.map(({ key }) => key),
    ...model.members.filter(({ kind }) => kind === 'dimension').map(({ key }) => key),
  ];
  const faults = dimensions.flatMap((key, index): ProblemItem[] => {
    if (Object.hasOwn(keys, key)) return [];
    const pointer = `/dimensions/${index}`;
    if (known.includes(key))
      return [
        {
          code: 'not_rolled_up',
          message: `Rows can’t be rolled up by “${key}”: its value depends on the request, or it is the time.`,
          pointer,
        },
      ];
    const suggestions = nearestNames(key, known);
    const hint = suggestions.length > 0 ? ` Did you mean ${suggestions.join(' or ')}?` : '';
    return [
      {
        code: 'unknown_dimension',
        message: `There is no dimension “${key.slice(0, 80)}”.${hint}`,
        pointer,
        suggestions,
      },
    ];
  });
  const [first] = faults;
  if (first) throw unprocessable(first.code, faults.map(({ message }) => message).join(' '), faults);
}
