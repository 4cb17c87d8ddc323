import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { inOrganization } from '../access/tenancy/scope.js';
import type { Snapshot } from '../compiler/model/types.js';
import { columnsOf } from '../compiler/rollup/layout.js';
import type { RollupLayout } from '../compiler/rollup/types.js';
import { rolledKeys, rollupView, type RolledKeys, type RollupView } from '../compiler/rollup/view.js';
import { ENGINE } from '../engine/engine.tokens.js';
import type { Engine } from '../engine/engine.js';
import { rollupTable } from '../engine/identifiers.js';
import { CompiledModelService } from '../metrics/compiled-model.service.js';
import { LibraryService } from '../metrics/library.service.js';
import { columnTypes } from '../metrics/typed-fields.js';
import { RollupStore, type ReadableRollups } from './rollup-store.js';

/** What queries of an organisation can be answered from instead of rows, as it is at this moment. */
@Injectable()
export class RollupViews {
  private readonly store: RollupStore;
  private readonly readable = new LRUCache<string, ReadableRollups>({ max: 500 });
  private readonly layouts = new LRUCache<string, RollupLayout>({ max: 500 });
  private readonly keys = new LRUCache<string, RolledKeys>({ max: 500 });
  /** Tables of which the engine was seen to hold what the system of record says. */
  private readonly trusted = new Set<string>();

  constructor(
    @InjectDataSource() database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly compiled: CompiledModelService,
    private readonly library: LibraryService,
  ) {
    this.store = new RollupStore(database);
  }

  /**
   * Smallest first.
   * @param version of the organisation's rollups, read after the request had come in
   */
  async of(organizationId: string, version: string | null, snapshot: Snapshot): Promise<RollupView[]> {
    if (version === null) return [];
    const { rollups } = await this.read(organizationId, version);
    const size = (rollup: ReadableRollups['rollups'][number]): number =>
      rollup.months.reduce((sum, { rows }) => sum + rows, 0);
    const views: RollupView[] = [];
    for (const { id, months } of [...rollups].sort((a, b) => size(a) - size(b))) {
      const layout = await this.layout(organizationId, id);
      if (layout === null) continue;
      const { dialect } = this.engine;
      const { digest } = layout;
      const compiled = this.compiled.get(snapshot, dialect, { digest, columns: columnsOf(layout) });
      const keys = this.keysOf(snapshot, layout);
      views.push(rollupView({ id, table: rollupTable(id), definition: layout.definition, compiled, months, keys }));
    }
    return views;
  }

  /** Keys of the members that the table answers. */
  keysOf({ hash, model }: Snapshot, layout: RollupLayout): RolledKeys {
    const known = this.keys.get(`${hash}:${layout.digest}`);
    if (known) return known;
    const typed = columnTypes(this.library.library);
    const keys = rolledKeys(model, this.engine.dialect, typed, columnsOf(layout));
    this.keys.set(`${hash}:${layout.digest}`, keys);
    return keys;
  }

  private async read(organizationId: string, version: string): Promise<ReadableRollups> {
    const known = this.readable.get(organizationId);
    if (known?.version === version) return known;
    return inOrganization(organizationId, async () => {
      const found = await this.store.readable(organizationId);
      for (const { id, months } of found.rollups) {
        if (this.trusted.has(id)) continue;
        if (!(await this.holds(id, months))) {
          await this.store.distrust(organizationId, id);
          return { version: null, rollups: [] };
        }
        this.trusted.add(id);
      }
      this.readable.set(organizationId, found);
      return found;
    });
  }

  /** Whether the engine has what was filled: its folder may have been lost, or brought back from a backup. */
  private async holds(id: string, months: ReadableRollups['rollups'][number]['months']): Promise<boolean> {
    const segments = await this.engine.rollups.segments(id);
    return months.every(({ segment, rows }) => segment === null || (segments.get(segment) ?? 0) === rows);
  }

  private async layout(organizationId: string, id: string): Promise<RollupLayout | null> {
    const known = this.layouts.get(id);
    if (known) return known;
    const layout = await inOrganization(organizationId, () => this.store.layout(id));
    if (layout) this.layouts.set(id, layout);
    return layout;
  }
}
