import { Injectable, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { ALLOW, type Action } from '../access/permissions.js';
import { FEATURE_OF, REQUIRES_FEATURE, type Feature } from './features.js';

/** Which routes of this version belong to a feature, as the access guard reads it. */
@Injectable()
export class FeatureDoors {
  private known: ReadonlyMap<Feature, readonly string[]> | null = null;

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly reflector: Reflector,
  ) {}

  /** Such as `POST /api/query`, sorted; none where nothing is built that the feature would open. */
  of(feature: Feature): readonly string[] {
    this.known ??= this.read();
    return this.known.get(feature) ?? [];
  }

  private read(): ReadonlyMap<Feature, readonly string[]> {
    const found = new Map<Feature, string[]>();
    for (const { metatype } of this.discovery.getControllers()) {
      const prototype = metatype?.prototype as Record<string, () => unknown> | undefined;
      if (!metatype || !prototype) continue;
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name];
        const method = handler && (Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined);
        if (!handler || method === undefined) continue;
        const targets = [handler, metatype];
        const action = this.reflector.getAllAndOverride<Action | undefined>(ALLOW, targets);
        const own = this.reflector.getAllAndOverride<Feature | undefined>(REQUIRES_FEATURE, targets);
        const feature = own ?? (action && FEATURE_OF[action]);
        if (!feature) continue;
        const parts = [metatype, handler].map((each) => String(Reflect.getMetadata(PATH_METADATA, each) ?? ''));
        const path = parts.filter((part) => part !== '' && part !== '/').join('/');
        found.set(feature, [...(found.get(feature) ?? []), `${RequestMethod[method]} /${path}`].sort());
      }
    }
    return found;
  }
}
