import { SetMetadata } from '@nestjs/common';
import type { Action } from '../access/permissions.js';

/** The flags of the product requirements, and what each opens. */
export const FEATURES = {
  basic_reporting: 'Standard dashboards and metrics',
  advanced_analytics: 'Custom metrics and reports, data exports, deliveries, attribution and journeys',
  external_integrations: 'Data of outside platforms, CRM and POS',
  ai_insights: 'Predictive analytics and recommendations',
  white_label: 'Branded reporting for agency customers',
} as const;
export type Feature = keyof typeof FEATURES;
export const FEATURE_NAMES = Object.keys(FEATURES) as Feature[];

/**
 * The feature that an action belongs to; null for what every plan has: seeing who one is, administration, the audit
 * trail, sending rows of one's own. A door may name another with {@link RequiresFeature}.
 */
export const FEATURE_OF: Readonly<Partial<Record<Action, Feature>>> = {
  'metrics:read': 'basic_reporting',
  'metrics:write': 'advanced_analytics',
  'reports:read': 'basic_reporting',
  'reports:create': 'advanced_analytics',
  'reports:deliver': 'advanced_analytics',
  'attribution:read': 'advanced_analytics',
  'attribution:use': 'advanced_analytics',
  'attribution:configure': 'advanced_analytics',
  'journeys:read': 'advanced_analytics',
};

export const REQUIRES_FEATURE = 'tributary:requires-feature';
/** Names the feature that a route or resolver field belongs to, where its action does not say it. */
export const RequiresFeature = (feature: Feature): MethodDecorator & ClassDecorator =>
  SetMetadata(REQUIRES_FEATURE, feature);
