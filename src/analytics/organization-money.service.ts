import { Inject, Injectable } from '@nestjs/common';
import type { OrganizationState } from '../access/organization-state.js';
import { Money } from '../compiler/query/money.js';
import { ENGINE } from '../engine/engine.tokens.js';
import type { Engine } from '../engine/engine.js';
import { FxService } from '../fx/fx.service.js';
import { ModelService } from '../metrics/model.service.js';

/** How amounts of customers are shown: in the organisation's currency. */
export interface CustomerMoney {
  /** ISO 4217 code. */
  readonly currency: string;
  /** Whether amounts of rows have to be converted into it. */
  readonly converts: boolean;
  /** A statement with its marked amounts converted, each at the rate of its own day; null where that is missing. */
  readonly apply: (sql: string) => string;
}

@Injectable()
export class OrganizationMoney {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly models: ModelService,
    private readonly rates: FxService,
  ) {}

  async of(organizationId: string, state: OrganizationState): Promise<CustomerMoney> {
    const { settings } = (await this.models.live(organizationId)).snapshot.model;
    const { currency } = settings;
    const facts = await this.rates.facts(organizationId, state, { own: currency });
    const money = new Money(settings, {}, facts, this.engine.dialect);
    return { currency, converts: money.converts, apply: (sql) => money.apply(sql, null, true) };
  }
}
