import { createHash, hash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { OrganizationState } from '../access/organization-state.js';
import type { Policy } from '../access/policy.js';
import { SingleFlight } from '../cache/single-flight.js';
import { remembered } from '../common/remembered.js';
import type { Snapshot } from '../compiler/model/types.js';
import { visibilityOf, type Visibility } from '../compiler/model/visibility.js';
import { sensitiveMembers } from '../compiler/model/sensitive.js';
import { planQuery } from '../compiler/query/plan.js';
import { rowLock, type RowLock } from '../compiler/query/row-lock.js';
import type { QueryPlan, ReportRequest } from '../compiler/query/types.js';
import type { RollupView } from '../compiler/rollup/view.js';
import { journeyRulesOf } from '../attribution/models/journey-rules.js';
import { ENGINE } from '../engine/engine.tokens.js';
import type { Engine } from '../engine/engine.js';
import { FxService } from '../fx/fx.service.js';
import { CompiledModelService } from '../metrics/compiled-model.service.js';
import { LibraryService } from '../metrics/library.service.js';
import { ModelService } from '../metrics/model.service.js';
import { columnTypes } from '../metrics/typed-fields.js';
import type { RollablePlan } from '../rollups/rollup-plans.service.js';
import { MOST_PLAN_TEXT } from './limits.js';
import { OrganizationStates } from './organization-state.js';

/** A planned request, with what is the same each time that it is answered. */
export interface PlannedRequest extends RollablePlan {
  /** Over rows. */
  readonly plan: QueryPlan;
  /** What the engine enforces of the policy's rows once more; null where the asker sees all rows. */
  readonly lock: RowLock | null;
  /** Whether the asker may know which data sources there are. */
  readonly tellsSources: boolean;
  /** Hash of the snapshot that gave the definitions. */
  readonly snapshot: string;
  /** SHA-256 over all that the rows depend on beside the organisation and its data. */
  readonly digest: string;
  /** The JSON text of `plan.columns`. */
  readonly columnsText: string;
  /** The version of the data that had the exchange rates in it; null where none were needed. */
  readonly ratesOf: string | null;
  /** Keys of the sensitive members that it reads. */
  readonly sensitive: readonly string[];
}

/** When and how a request is planned. */
export interface Planning {
  /** The organisation's, if it was read after the request had come in. */
  readonly state?: OrganizationState | undefined;
  /** The instant at which relative ranges are read; now when absent. */
  readonly asOf?: Date;
  /** Rows need not be sorted. */
  readonly inAnyOrder?: boolean;
  /** Takes the place of the request's limit. */
  readonly limit?: number | null;
}
interface Planned {
  readonly planned: PlannedRequest;
  readonly state: OrganizationState;
}

/** From a request to the statement that answers it, on the organisation's live model. */
@Injectable()
export class QueryPlans {
  private readonly plans = new LRUCache<string, PlannedRequest>({ maxSize: MOST_PLAN_TEXT });
  /** Plans end with their second, all at once: whoever wants the same next one waits for one writing of it. */
  private readonly flights = new SingleFlight<PlannedRequest>();

  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly states: OrganizationStates,
    private readonly models: ModelService,
    private readonly library: LibraryService,
    private readonly compiled: CompiledModelService,
    private readonly fx: FxService,
  ) {}

  /** The plan that is kept for it, if there is one in the state that is given. */
  known(policy: Policy, request: ReportRequest, planning: Planning): Planned | null {
    const { state } = planning;
    if (state === undefined) return null;
    const planned = this.kept(wantedOf(policy, request, state, planning));
    return planned === null ? null : { planned, state };
  }

  /** The same, or else a new one. @throws Problem for whatever is wrong with the request */
  async plan(policy: Policy, request: ReportRequest, planning: Planning = {}): Promise<Planned> {
    const state = planning.state ?? (await this.states.read(policy.organizationId));
    const wanted = wantedOf(policy, request, state, planning);
    const kept = this.kept(wanted);
    if (kept !== null) return { planned: kept, state };
    const anew = (): Promise<PlannedRequest> => this.planAnew(wanted);
    const planned = this.isLive(state)
      ? await this.flights.run(`${state.snapshot_hash}${state.data_version}${wanted.about}`, undefined, anew)
      : await anew();
    return { planned, state };
  }

  private kept({ about, state }: Wanted): PlannedRequest | null {
    if (!this.isLive(state)) return null;
    const kept = this.plans.get(`${state.snapshot_hash}${about}`);
    const isCurrent = kept !== undefined && (kept.ratesOf === null || kept.ratesOf === state.data_version);
    return isCurrent ? kept : null;
  }

  /** The live model; without another reading of which it is, where the state has told. */
  private async modelIn(organizationId: string, state: OrganizationState): Promise<Snapshot> {
    return this.isLive(state)
      ? this.models.snapshot(state.snapshot_hash)
      : (await this.models.live(organizationId)).snapshot;
  }

  private isLive(state: OrganizationState): state is OrganizationState & { readonly snapshot_hash: string } {
    return state.snapshot_hash !== null && state.library_hash === this.library.hash;
  }

  private async planAnew({ policy, about, state, inAnyOrder, ...wanted }: Wanted): Promise<PlannedRequest> {
    const { organizationId } = policy;
    const request = { ...wanted.request, limit: wanted.limit };
    const now = new Date(wanted.second * 1_000);
    const snapshot = await this.modelIn(organizationId, state);
    const { dialect } = this.engine;
    const compiled = await this.compiled.get(snapshot, dialect);
    const { ratesOf, ...money } = await this.fx.facts(organizationId, state, {
      own: snapshot.model.settings.currency,
      wanted: request.currency,
    });
    const journeys = journeyRulesOf(state.journey_settings);
    const input = {
      snapshot,
      compiled,
      request,
      dialect,
      organizationId,
      policy,
      now,
      ...(inAnyOrder ? { inAnyOrder } : {}),
      maxRows: null,
      money,
      journeys,
      mergesCustomers: state.merges_customers,
    };
    const { model } = snapshot;
    const asked = { request, model };
    const found = await planQuery(input).catch((refusal: unknown) => this.models.explain(policy, asked, refusal));
    const plan: QueryPlan = Object.freeze({
      ...found,
      warnings: await this.models.warnings(policy, asked, found.warnings),
    });
    const lock = rowLock({
      ...{ rows: policy.rows, model, now, dialect, relations: plan.relations.names },
      typed: columnTypes(this.library.library),
      isOneCurrency: state.currencies.every((code) => code === model.settings.currency),
    });
    const dependsOn = JSON.stringify([dialect, plan]);
    const planned = {
      plan,
      lock,
      tellsSources: policy.rows.length === 0 && showsSources(visibilityOf(model, policy)),
      organizationId,
      model: snapshot,
      over: (rollup: RollupView) => planQuery({ ...input, rollup }),
      snapshot: snapshot.hash,
      digest: createHash('sha256').update(dependsOn).digest('hex'),
      columnsText: JSON.stringify(plan.columns),
      ratesOf,
      sensitive: sensitiveMembers(snapshot.model, request),
    };
    this.plans.set(`${snapshot.hash}${about}`, planned, { size: about.length + dependsOn.length });
    return planned;
  }
}

/** A request to be planned. */
interface Wanted {
  readonly policy: Policy;
  readonly request: ReportRequest;
  readonly limit: number | null;
  readonly state: OrganizationState;
  /** When it is asked, in whole seconds since 1970. */
  readonly second: number;
  readonly inAnyOrder: boolean;
  /** Names all of the above beside the definitions and the data. */
  readonly about: string;
}

function wantedOf(
  policy: Policy,
  request: ReportRequest,
  state: OrganizationState,
  { asOf, inAnyOrder = false, limit = request.limit ?? null }: Planning,
): Wanted {
  // A relative range means instants of the current second, so that plans can be kept for as long.
  const second = Math.floor((asOf?.getTime() ?? Date.now()) / 1_000);
  const { organizationId, digest } = policy;
  const about = `${organizationId} ${digest} ${second} ${inAnyOrder} ${limit} ${partsOf(state)} ${nameOf(request)}`;
  return { policy, request, limit, state, second, inAnyOrder, about };
}

/** What a plan depends on of the state of an organisation, which many requests share. */
const partsOf = remembered((state: OrganizationState) =>
  JSON.stringify([state.currencies, state.journey_settings, state.merges_customers]),
);

/** SHA-256 over a request; kept for one that can't change, as those that are asked again are. */
const nameOf = remembered(
  (request: ReportRequest) => hash('sha256', JSON.stringify(request), 'base64'),
  Object.isFrozen,
);

const SOURCE = 'data_source';
const showsSources = ({ hidden, masked }: Visibility): boolean => !hidden.has(SOURCE) && !masked.has(SOURCE);
