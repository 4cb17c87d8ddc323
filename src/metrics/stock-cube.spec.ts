/** The exported files in the hands of Cube itself: its own compiler and its own query classes. */
import { PostgresQuery, prepareCompiler } from '@cubejs-backend/schema-compiler';
import { ClickHouseQuery } from '@cubejs-backend/schema-compiler/dist/src/adapter/ClickHouseQuery.js';
import { buildModel } from '../compiler/model/build.js';
import { baseCubes } from './base-cubes.js';
import { LibraryService } from './library.service.js';
import { leftOut, stockCubeFiles } from './stock-cube.js';
import { columnTypes } from './typed-fields.js';

const ORGANIZATION = '0b7f5f0e-6f0a-4c53-9d0b-1f2e3d4c5b6a';
const { library } = new LibraryService();
const model = buildModel({
  standard: library.members,
  organization: [],
  settings: { currency: 'USD', time_zone: 'UTC', week_start: 1 },
});

describe('stock Cube files', () => {
  for (const [dialect, Query] of [
    ['clickhouse', ClickHouseQuery],
    ['postgres', PostgresQuery],
  ] as const) {
    it(`compile in Cube and read one organisation only, for ${dialect}`, async () => {
      const files = stockCubeFiles({
        base: baseCubes(),
        model,
        dialect,
        typed: columnTypes(library),
        organizationId: ORGANIZATION,
      });
      const repository = { localPath: () => '', dataSchemaFiles: async () => files.map((file) => ({ ...file })) };
      const nativeInstance = { newJinjaEngine: () => ({}), loadPythonContext: async () => ({}) };
      const compilers = prepareCompiler(repository as never, { nativeInstance: nativeInstance as never });
      await compilers.compiler.compile();
      const query = new Query(compilers, {
        measures: ['marketing.spend', 'marketing.roas'],
        dimensions: ['marketing.data_source'],
        timeDimensions: [{ dimension: 'marketing.recorded_at', granularity: 'month' }],
        timezone: 'UTC',
        useNativeSqlPlanner: false,
      });
      const [sql] = query.buildSqlAndParams() as [string, unknown[]];
      expect(sql).toContain('unified_marketing_data');
      expect(sql).toContain(`'${ORGANIZATION}'`);
      expect(sql.match(/unified_marketing_data(?! FINAL WHERE| WHERE)/g)).toBeNull();
    });
  }

  it('say which members they don’t have', () => {
    const spend = library.members.find(({ metric_key: key }) => key === 'spend');
    if (!spend) throw new Error('There is no spend.');
    const broken = buildModel({
      standard: [spend],
      organization: [{ ...spend, metric_key: 'odd', aggregation: null, formula: 'nothing + 1' }],
      settings: model.settings,
    });
    expect(leftOut(broken)).toEqual([{ key: 'odd', reason: 'quarantined: see its diagnostics' }]);
  });
});
