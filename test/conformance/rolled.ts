/** A rollup beside an engine, with its state in memory instead of the system of record. */
import { randomUUID } from 'node:crypto';
import type { Model } from '../../src/compiler/model/types.js';
import { columnsOf, rollupLayout } from '../../src/compiler/rollup/layout.js';
import type { RollupDefinition, RollupMonth } from '../../src/compiler/rollup/types.js';
import { rolledKeys, rollupView, type RollupView } from '../../src/compiler/rollup/view.js';
import type { Engine } from '../../src/engine/engine.js';
import { rollupTable } from '../../src/engine/identifiers.js';
import type { RollupTable } from '../../src/engine/rollup-tables.js';
import { compiledFor } from './compiled.js';
import { TYPED_FIELDS } from './model.js';

export class Rolled {
  private readonly months = new Map<string, RollupMonth>();

  private constructor(
    private readonly engine: Engine,
    private readonly table: RollupTable,
    private readonly over: (months: readonly RollupMonth[]) => RollupView,
  ) {}

  static async open(
    engine: Engine,
    organizationId: string,
    model: Model,
    definition: RollupDefinition,
  ): Promise<Rolled> {
    const { dialect } = engine;
    const layout = rollupLayout(definition, model, dialect, TYPED_FIELDS);
    const columns = columnsOf(layout);
    const compiled = await compiledFor(dialect, model, columns);
    const keys = rolledKeys(model, dialect, TYPED_FIELDS, columns);
    const table = { id: randomUUID(), organization_id: organizationId, ...layout };
    await engine.rollups.create(table);
    await engine.rollups.create(table);
    const rolled = new Rolled(engine, table, (months) =>
      rollupView({
        ...{ id: table.id, table: rollupTable(table.id), definition: layout.definition },
        ...{ compiled, months, keys },
      }),
    );
    await rolled.refresh(await engine.rollups.months(organizationId));
    return rolled;
  }

  /** @param months from here on without a segment */
  forget(months: readonly string[]): void {
    for (const month of months) this.months.set(month, { month, segment: null, first: null, last: null });
  }

  async refresh(months: readonly string[] = this.stale): Promise<void> {
    for (const month of months) {
      const segment = randomUUID();
      const { first, last } = await this.engine.rollups.fill(this.table, month, segment);
      const before = this.months.get(month)?.segment;
      this.months.set(month, { month, segment, first, last });
      if (before != null) await this.engine.rollups.discard(this.table.id, [before]);
    }
  }

  /** As planners see it now. */
  get view(): RollupView {
    return this.over([...this.months.values()]);
  }

  private get stale(): string[] {
    return [...this.months.values()].flatMap(({ month, segment }) => (segment === null ? [month] : []));
  }
}
