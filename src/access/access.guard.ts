import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Problem } from '../common/problem.js';
import { ApiKeyService } from './api-key.service.js';
import { requestOf } from './identity.js';
import { ALLOW, PUBLIC, can, type Action } from './permissions.js';

/** The one gate of REST and GraphQL: finds out who asks, then whether the role may do what the door does. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: ApiKeyService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, targets)) return true;
    const request = requestOf(context);
    request.identity ??= await this.keys.authenticate(request.headers.authorization);
    const action = this.reflector.getAllAndOverride<Action | undefined>(ALLOW, targets);
    if (!action || !can(request.identity, action)) {
      throw new Problem(403, 'forbidden', `The role ${request.identity.role} may not do this.`);
    }
    return true;
  }
}
