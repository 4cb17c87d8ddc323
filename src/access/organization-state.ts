import type { AttributionSettings } from '../attribution/models/settings.js';

/** What the answer to a request depends on beside the request, all of one moment. */
export interface OrganizationState {
  /** Hash of the live snapshot; null before the first publication. */
  readonly snapshot_hash: string | null;
  /** Hash of the standard library behind it. */
  readonly library_hash: string | null;
  /** Changes whenever analytic rows have changed. */
  readonly data_version: string;
  /** True while an import makes rows visible: the rows may be those before or after it. */
  readonly is_changing: boolean;
  /** Data source → latest instant for which it has rows. */
  readonly data_as_of: Readonly<Record<string, string>>;
  /** ISO 4217 codes that rows of the organisation carry, or that an import is about to bring, sorted. */
  readonly currencies: readonly string[];
  /** Name of its plan, which says what doors are open. */
  readonly plan: string;
  /** Attribution runs whose rows are the organisation's attribution now; changes only together with `data_version`. */
  readonly attribution_runs: readonly string[];
  /** Whether some of its customers have several ids. */
  readonly merges_customers: boolean;
  /** What it has set about which rows are touchpoints and conversions; null for the standard. */
  readonly journey_settings: Partial<Pick<AttributionSettings, 'touch' | 'conversion'>> | null;
  /** Changes whenever something about the organisation's rollups has changed; null where it has none. */
  readonly rollup_version: string | null;
}

/** Whether rows of the row `organization` are changing: they may be those before or after an import, or a removal. */
export const IS_CHANGING = `(EXISTS (
  SELECT FROM imports WHERE imports.organization_id = organization.id AND imports.state = 'committing'
) OR EXISTS (
  SELECT FROM protection_jobs WHERE protection_jobs.organization_id = organization.id AND is_changing
    AND protection_jobs.state IN ('queued', 'running', 'purging')
))`;

/** Changes, of those in $2, that are under way: their customers are not computed anew yet. $1 is the organisation. */
export const OPEN_CHANGES = `
  SELECT id FROM imports WHERE organization_id = $1 AND id = ANY ($2::uuid[]) AND state IN ('staging', 'committing')
  UNION ALL SELECT id FROM protection_jobs WHERE organization_id = $1 AND id = ANY ($2::uuid[]) AND is_changing`;

/** Selects the {@link OrganizationState} of the row `organization` as `state`. */
export const STATE_COLUMN = `(
  SELECT json_build_object(
    'snapshot_hash', live.snapshot_hash,
    'library_hash', live.library_hash,
    'plan', organization.plan,
    'data_version', organization.data_version::text,
    'is_changing', ${IS_CHANGING},
    'rollup_version', organization.rollup_version::text,
    'data_as_of', coalesce((
      SELECT json_object_agg(
        data_source,
        to_char(latest_recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        ORDER BY data_source
      )
      FROM data_sources WHERE data_sources.organization_id = organization.id
    ), '{}'),
    'currencies', ARRAY(
      SELECT unnest(currencies) FROM data_sources WHERE data_sources.organization_id = organization.id
      UNION
      SELECT jsonb_array_elements_text(source -> 'currencies')
      FROM imports, jsonb_array_elements(imports.sources) AS source
      WHERE imports.organization_id = organization.id AND imports.state = 'committing'
      ORDER BY 1
    ),
    'attribution_runs', coalesce((
      SELECT array_to_json(runs) FROM attribution_publications
      WHERE attribution_publications.organization_id = organization.id ORDER BY number DESC LIMIT 1
    ), '[]'),
    'merges_customers', EXISTS (
      SELECT FROM customer_merges WHERE customer_merges.organization_id = organization.id
    ),
    'journey_settings', (
      SELECT json_build_object('touch', settings -> 'touch', 'conversion', settings -> 'conversion')
      FROM attribution_settings WHERE attribution_settings.organization_id = organization.id
    )
  )
  FROM (SELECT) AS one
  LEFT JOIN LATERAL (
    SELECT snapshot_hash, library_hash FROM model_publications
    WHERE model_publications.organization_id = organization.id ORDER BY id DESC LIMIT 1
  ) AS live ON true
) AS state`;
