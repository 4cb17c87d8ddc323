import { Inject, Injectable } from '@nestjs/common';
import type { Identity } from '../access/identity.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { Plans, type Plan } from '../plans/plans.service.js';
import { Counters, type Counter } from './counter.js';
import { comeBack } from './refusal.js';

const WINDOW_SECONDS = 60;

/** Requests a minute: of one key or person, and of the organisation as a whole. */
@Injectable()
export class RequestLimits {
  private readonly askers: Counter;
  private readonly organizations: Counter;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly plans: Plans,
    counters: Counters,
  ) {
    this.askers = counters.counter('asker', WINDOW_SECONDS);
    this.organizations = counters.counter('organization', WINDOW_SECONDS);
  }

  /** The same identity after its request was counted; at once where nothing limits it. @throws as {@link count} */
  counted(identity: Identity): Identity | Promise<Identity> {
    const plan = this.plans.known(identity);
    const isFree = plan !== null && this.limitsOf(plan).every((limit) => limit === null);
    return isFree ? identity : this.count(identity).then(() => identity);
  }

  /**
   * Counts a request.
   * @param weight as how many requests it counts: a GraphQL document counts as many as it asks questions
   * @throws Problem 429 `too_many_requests`, with the time to come back
   */
  async count(identity: Identity, weight = 1): Promise<void> {
    const { organizationId, keyId, userId } = identity;
    const [requestsPerKey, requestsPerOrganization] = this.limitsOf(
      this.plans.known(identity) ?? (await this.plans.of(identity)),
    );
    if (requestsPerKey === null && requestsPerOrganization === null) return;
    const [ofAsker, ofAll] = await Promise.all([
      requestsPerKey === null ? null : this.askers.add(`${organizationId}:${keyId}:${userId ?? ''}`, weight),
      requestsPerOrganization === null ? null : this.organizations.add(organizationId, weight),
    ]);
    if (ofAsker && requestsPerKey !== null && ofAsker.used > requestsPerKey) {
      throw comeBack(
        429,
        'too_many_requests',
        `This key may send ${requestsPerKey} requests a minute and has sent them.`,
        ofAsker.msLeft,
      );
    }
    if (ofAll && requestsPerOrganization !== null && ofAll.used > requestsPerOrganization) {
      throw comeBack(
        429,
        'too_many_requests',
        `Your organisation may send ${requestsPerOrganization} requests a minute and has sent them.`,
        ofAll.msLeft,
      );
    }
  }

  /** Requests a minute of one key or person, and of an organisation with this plan; null for any number. */
  private limitsOf({ requests_per_minute }: Plan): readonly [number | null, number | null] {
    const { requestsPerKey, requestsPerOrganization } = this.config.limits;
    return [requestsPerKey, requests_per_minute ?? requestsPerOrganization];
  }
}
