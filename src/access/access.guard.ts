import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Authenticator } from './authenticator.service.js';
import { requestOf } from './identity.js';
import { ALLOW, PUBLIC, can, forbidden, type Action } from './permissions.js';

/** The one gate of REST and GraphQL: finds out who asks, then whether the role may do what the door does. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, targets)) return true;
    const identity = await this.authenticator.identify(requestOf(context));
    const action = this.reflector.getAllAndOverride<Action | undefined>(ALLOW, targets);
    if (!action || !can(identity, action)) throw forbidden(identity, action);
    return true;
  }
}
