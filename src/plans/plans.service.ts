import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { acrossOrganizations } from '../access/tenancy/scope.js';
import { Problem } from '../common/problem.js';
import { FeatureDoors } from './feature-doors.service.js';
import { FEATURES, FEATURE_NAMES, type Feature } from './features.js';
import type { FeatureDto } from './plans.dto.js';

export interface Plan {
  readonly name: string;
  readonly label: string;
  readonly features: readonly string[];
  /** Take the place of the installation's limits; null: those hold. */
  readonly requests_per_minute: number | null;
  readonly engine_seconds_per_hour: number | null;
}

/** A change of what a plan holds is noticed after this long; which plan an organisation has, at once. */
const KEEP_MS = 10_000;

/** Which doors an organisation's plan opens. */
@Injectable()
export class Plans {
  private plans: Promise<ReadonlyMap<string, Plan>> | null = null;
  /** The same once it is there. */
  private held: ReadonlyMap<string, Plan> | null = null;
  private readAt = 0;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly doors: FeatureDoors,
  ) {}

  /** The plan of an identity whose state is known, while what plans hold was read not long ago; see {@link of}. */
  known({ state }: Pick<Identity, 'state'>): Plan | null {
    const isRecent = performance.now() - this.readAt < KEEP_MS;
    return (isRecent && state && this.held?.get(state.plan)) || null;
  }

  async of({ organizationId, state }: Pick<Identity, 'organizationId' | 'state'>): Promise<Plan> {
    const name = state?.plan ?? (await this.nameOf(organizationId));
    // One that was made a moment ago, and given at once, is read anew.
    const plan = (await this.all()).get(name) ?? (await this.all(true)).get(name);
    if (!plan) throw new Error(`There is no plan ${name}.`);
    return plan;
  }

  /** @throws Problem 403 `feature_not_enabled`, which names the feature and the plan */
  async require(identity: Pick<Identity, 'organizationId' | 'state'>, feature: Feature): Promise<void> {
    const plan = this.known(identity) ?? (await this.of(identity));
    if (plan.features.includes(feature)) return;
    throw new Problem(
      403,
      'feature_not_enabled',
      `This needs the feature ${feature} (${FEATURES[feature].toLowerCase()}), which your organisation’s plan ${plan.name} does not have.`,
      [{ code: 'feature_not_enabled', message: `Feature ${feature}, plan ${plan.name}.` }],
    );
  }

  /** All features that there are, and whether the plan has them. */
  featuresOf(plan: Plan): FeatureDto[] {
    return FEATURE_NAMES.map((feature) => ({
      feature,
      description: FEATURES[feature],
      enabled: plan.features.includes(feature),
      has_doors: this.doors.of(feature).length > 0,
    }));
  }

  private all(isAnew = false): Promise<ReadonlyMap<string, Plan>> {
    const now = performance.now();
    if (!isAnew && this.plans && now - this.readAt < KEEP_MS) return this.plans;
    this.readAt = now;
    this.held = null;
    const plans = acrossOrganizations('reading plans', () => this.database.query<Plan[]>('SELECT * FROM plans')).then(
      (rows) => new Map(rows.map((row) => [row.name, Object.freeze(row)])),
    );
    this.plans = plans;
    plans.then(
      (all) => {
        if (this.plans === plans) this.held = all;
      },
      () => (this.plans = null),
    );
    return plans;
  }

  private async nameOf(organizationId: string): Promise<string> {
    const rows = await acrossOrganizations('reading the plan', () =>
      this.database.query<{ plan: string }[]>('SELECT plan FROM organizations WHERE id = $1', [organizationId]),
    );
    if (!rows[0]) throw new Error('The organisation is gone.');
    return rows[0].plan;
  }
}
