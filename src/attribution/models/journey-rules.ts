/** Which rows of a customer are touchpoints and conversions: the same to journeys as to attribution. */
import { DEFAULT_SETTINGS, type AttributionSettings } from './settings.js';
import type { RowKind } from './parameters.js';

export interface JourneyRules {
  readonly touch: RowKind;
  readonly conversion: RowKind;
  /** Payload fields of a conversion: its worth, and what of it was paid back. */
  readonly revenue_field: string;
  readonly refund_field: string;
}

/** The part of settings that decides what a journey is; what is absent has its default. */
export function journeyRulesOf(
  settings: Partial<Pick<AttributionSettings, 'touch' | 'conversion'>> | null,
): JourneyRules {
  const { source_categories, data_sources, revenue_field, refund_field } = {
    ...DEFAULT_SETTINGS.conversion,
    ...settings?.conversion,
  };
  return {
    touch: { ...DEFAULT_SETTINGS.touch, ...settings?.touch },
    conversion: { source_categories, data_sources },
    revenue_field,
    refund_field,
  };
}

export const STANDARD_JOURNEY_RULES = journeyRulesOf(null);

/** Whether two say the same. */
export const sameJourneyRules = (a: JourneyRules, b: JourneyRules): boolean => textOf(a) === textOf(b);

const textOf = ({ touch, conversion, revenue_field, refund_field }: JourneyRules): string =>
  JSON.stringify([
    ...[touch, conversion].flatMap(({ source_categories, data_sources }) => [source_categories, data_sources]),
    ...[revenue_field, refund_field],
  ]);

/** Whether a row is of a kind; a row of both kinds is a conversion. */
export const isOfKind = (
  { source_categories, data_sources }: RowKind,
  row: { readonly source_category: string; readonly data_source: string },
): boolean =>
  (source_categories.length === 0 || source_categories.includes(row.source_category)) &&
  (data_sources.length === 0 || data_sources.includes(row.data_source));
