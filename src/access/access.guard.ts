import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { FEATURE_OF, REQUIRES_FEATURE, type Feature } from '../plans/features.js';
import { Plans } from '../plans/plans.service.js';
import { Authenticator } from './authenticator.service.js';
import { requestOf } from './identity.js';
import { ALLOW, PUBLIC, can, forbidden, type Action } from './permissions.js';

/** The one gate of REST and GraphQL: finds out who asks, then whether the role may do what the
 * door does, then whether the organisation's plan has the feature. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
    private readonly plans: Plans,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, targets)) return true;
    const identity = await this.authenticator.identify(requestOf(context));
    const action = this.reflector.getAllAndOverride<Action | undefined>(ALLOW, targets);
    if (!action || !can(identity, action)) throw forbidden(identity, action);
    const feature =
      this.reflector.getAllAndOverride<Feature | undefined>(REQUIRES_FEATURE, targets) ?? FEATURE_OF[action];
    if (feature) await this.plans.require(identity, feature);
    return true;
  }
}
