import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { Gauge } from 'prom-client';
import { DataSource } from 'typeorm';
import { acrossOrganizations } from '../access/tenancy/scope.js';

/** What is due and not done, as the ledger has it: true whatever the queue believes. */
@Injectable()
export class LedgerMetrics {
  private readonly open = new Gauge({
    name: 'tributary_delivery_open',
    help: 'Occurrences and deliveries whose time has come and that have not ended',
    labelNames: ['kind'] as const,
    registers: [],
  });
  private readonly lag = new Gauge({
    name: 'tributary_delivery_lag_seconds',
    help: 'For how long the oldest of them has waited',
    labelNames: ['kind'] as const,
    registers: [],
  });
  readonly all = [this.open, this.lag] as const;

  constructor(@InjectDataSource() private readonly database: DataSource) {}

  async read(): Promise<void> {
    const rows = await acrossOrganizations('counts what is due', () =>
      this.database.query<{ kind: string; open: number; lag: number }[]>(
        `SELECT 'occurrence' AS kind, count(*)::int AS open,
           coalesce(extract(epoch FROM now() - min(not_before)), 0)::float8 AS lag
         FROM occurrences WHERE state IN ('planned', 'running') AND not_before <= now()
         UNION ALL
         SELECT 'delivery', count(*)::int, coalesce(extract(epoch FROM now() - min(next_attempt_at)), 0)::float8
         FROM deliveries WHERE state IN ('pending', 'sending') AND next_attempt_at <= now()`,
      ),
    );
    for (const { kind, open, lag } of rows) {
      this.open.set({ kind }, open);
      this.lag.set({ kind }, lag);
    }
  }
}
