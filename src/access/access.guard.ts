import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { KeyedFastifyRequest } from '../idempotency/keyed-body.js';
import { KeyedRequests } from '../idempotency/keyed-requests.service.js';
import { FEATURE_OF, REQUIRES_FEATURE, type Feature } from '../plans/features.js';
import { Plans } from '../plans/plans.service.js';
import { Authenticator } from './authenticator.service.js';
import { requestOf, type RequestWithIdentity } from './identity.js';
import { ALLOW, PUBLIC, can, forbidden, type Action } from './permissions.js';

/** The one gate of REST and GraphQL: finds out who asks, then whether the role may do what the
 * door does, then whether the organisation's plan has the feature, then whether it was answered before. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    private readonly plans: Plans,
    private readonly keyedRequests: KeyedRequests,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, targets)) return true;
    const request: RequestWithIdentity & KeyedFastifyRequest = requestOf(context);
    const identity = await this.authenticator.identify(request);
    const action = this.reflector.getAllAndOverride<Action | undefined>(ALLOW, targets);
    if (!action || !can(identity, action)) throw forbidden(identity, action);
    const feature =
      this.reflector.getAllAndOverride<Feature | undefined>(REQUIRES_FEATURE, targets) ?? FEATURE_OF[action];
    if (feature && !this.plans.known(identity)?.features.includes(feature)) await this.plans.require(identity, feature);
    if (request.keyed) await this.keyedRequests.enter(context, request, identity);
    return true;
  }
}
