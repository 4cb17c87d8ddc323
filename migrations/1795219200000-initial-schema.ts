import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The system of record of the first release. Tables in the order of their foreign keys. */
export class InitialSchema1795219200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE organizations (
        id uuid PRIMARY KEY,
        slug text NOT NULL UNIQUE CHECK (slug ~ '^[a-z][a-z0-9-]{0,62}$'),
        name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
        currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
        time_zone text NOT NULL,
        week_start integer NOT NULL CHECK (week_start BETWEEN 1 AND 7),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      );

      CREATE TABLE users (
        id uuid PRIMARY KEY,
        email text NOT NULL,
        display_name text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE UNIQUE INDEX users_email ON users (lower(email));

      CREATE TABLE memberships (
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
        role text NOT NULL CHECK (role IN ('organization_admin', 'marketing_manager', 'campaign_manager', 'analyst', 'viewer')),
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (organization_id, user_id)
      );

      CREATE TABLE api_keys (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        user_id uuid REFERENCES users (id) ON DELETE CASCADE,
        name text NOT NULL,
        public_id text NOT NULL UNIQUE,
        secret_hash text NOT NULL,
        role text NOT NULL CHECK (role IN ('organization_admin', 'marketing_manager', 'campaign_manager', 'analyst', 'viewer')),
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        revoked_at timestamptz
      );

      CREATE TABLE marketing_metrics_config (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        metric_key text NOT NULL CHECK (metric_key ~ '^[a-z][a-z0-9_]{0,62}$'),
        standard_key text,
        display_label text NOT NULL,
        description text,
        category text NOT NULL CHECK (category IN ('platform', 'external', 'calculated', 'attribution')),
        metric_type text NOT NULL CHECK (metric_type IN ('metric', 'dimension')),
        data_type text NOT NULL CHECK (data_type IN ('integer', 'float', 'string', 'boolean', 'date', 'currency')),
        aggregation text CHECK (aggregation IN ('sum', 'avg', 'count', 'distinct', 'weighted_avg')),
        formula text,
        expression text,
        weight text,
        additivity text NOT NULL CHECK (additivity IN ('additive', 'semi_additive', 'non_additive')),
        unit text,
        source_tables text[] NOT NULL DEFAULT '{}',
        alias_keys text[] NOT NULL DEFAULT '{}',
        is_active boolean NOT NULL DEFAULT true,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE UNIQUE INDEX marketing_metrics_config_key
        ON marketing_metrics_config (organization_id, metric_key) WHERE is_active;

      CREATE TABLE model_snapshots (
        hash text PRIMARY KEY CHECK (hash ~ '^[0-9a-f]{64}$'),
        model jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );

      CREATE TABLE model_publications (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        snapshot_hash text NOT NULL REFERENCES model_snapshots (hash),
        library_hash text NOT NULL,
        published_by uuid REFERENCES users (id) ON DELETE SET NULL,
        published_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX model_publications_latest ON model_publications (organization_id, id DESC);

      CREATE TABLE marketing_report_views (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        created_by_user uuid REFERENCES users (id) ON DELETE SET NULL,
        report_name text NOT NULL CHECK (length(report_name) BETWEEN 1 AND 200),
        report_category text NOT NULL
          CHECK (report_category IN ('campaign_performance', 'asset_roi', 'customer_journey', 'roas_analysis')),
        dimensions text[] NOT NULL DEFAULT '{}',
        metrics text[] NOT NULL DEFAULT '{}',
        filters jsonb,
        date_range jsonb,
        attribution_model text,
        time_grain text,
        time_zone text,
        sort_order jsonb,
        row_limit integer CHECK (row_limit > 0),
        totals boolean NOT NULL DEFAULT false,
        visibility text NOT NULL CHECK (visibility IN ('private', 'team', 'organization', 'public')),
        schedule_config jsonb,
        dashboard_config jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX marketing_report_views_list ON marketing_report_views (organization_id, created_at, id);

      CREATE TABLE imports (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        created_by_user uuid REFERENCES users (id) ON DELETE SET NULL,
        preset text NOT NULL,
        filename text,
        state text NOT NULL CHECK (state IN ('staging', 'committing', 'done', 'failed', 'aborted')),
        owner uuid NOT NULL,
        read bigint NOT NULL DEFAULT 0 CHECK (read >= 0),
        loaded bigint NOT NULL DEFAULT 0 CHECK (loaded >= 0),
        replaced bigint NOT NULL DEFAULT 0 CHECK (replaced >= 0),
        unchanged bigint NOT NULL DEFAULT 0 CHECK (unchanged >= 0),
        rejected bigint NOT NULL DEFAULT 0 CHECK (rejected >= 0),
        replaced_within bigint NOT NULL DEFAULT 0 CHECK (replaced_within BETWEEN 0 AND replaced),
        rejects_stored bigint NOT NULL DEFAULT 0 CHECK (rejects_stored BETWEEN 0 AND rejected),
        sources jsonb NOT NULL DEFAULT '[]',
        warnings jsonb NOT NULL DEFAULT '[]',
        failure jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        finished_at timestamptz,
        CHECK (state <> 'done' OR read = loaded + replaced + unchanged + rejected)
      );
      CREATE INDEX imports_by_organization ON imports (organization_id, created_at DESC, id DESC);
      CREATE INDEX imports_unfinished ON imports (state) WHERE state IN ('staging', 'committing');

      CREATE TABLE import_rejects (
        import_id uuid NOT NULL REFERENCES imports (id) ON DELETE CASCADE,
        line bigint NOT NULL,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        code text NOT NULL,
        reason text NOT NULL,
        content text NOT NULL CHECK (length(content) <= 10000),
        is_cut boolean NOT NULL DEFAULT false,
        PRIMARY KEY (import_id, line)
      );

      CREATE TABLE data_sources (
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        data_source text NOT NULL,
        source_category text NOT NULL
          CHECK (source_category IN ('platform_native', 'external_marketing', 'external_revenue', 'external_operational')),
        latest_recorded_at timestamptz NOT NULL,
        last_import_id uuid REFERENCES imports (id) ON DELETE SET NULL,
        last_import_rows bigint NOT NULL CHECK (last_import_rows >= 0),
        last_import_at timestamptz NOT NULL,
        PRIMARY KEY (organization_id, data_source)
      );

      CREATE TABLE occurrences (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        view_id uuid NOT NULL,
        schedule_id uuid,
        report_name text NOT NULL,
        due_at timestamptz NOT NULL,
        requested_by uuid REFERENCES users (id) ON DELETE SET NULL,
        formats text[] NOT NULL CHECK (cardinality(formats) > 0),
        artifacts jsonb,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE UNIQUE INDEX occurrences_once ON occurrences (schedule_id, due_at) WHERE schedule_id IS NOT NULL;
      CREATE INDEX occurrences_by_view ON occurrences (organization_id, view_id, created_at);

      CREATE TABLE deliveries (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        occurrence_id uuid NOT NULL REFERENCES occurrences (id) ON DELETE CASCADE,
        recipient text NOT NULL,
        state text NOT NULL DEFAULT 'pending'
          CHECK (state IN ('pending', 'sending', 'accepted', 'rejected', 'suppressed', 'unknown', 'failed')),
        attempt integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
        evidence jsonb NOT NULL DEFAULT '[]',
        sending_since timestamptz,
        finished_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT deliveries_once_per_recipient UNIQUE (occurrence_id, recipient)
      );
      CREATE INDEX deliveries_by_time ON deliveries (organization_id, created_at, id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE deliveries, occurrences, data_sources, import_rejects, imports, marketing_report_views,
        model_publications, model_snapshots, marketing_metrics_config, api_keys, memberships, users, organizations;
    `);
  }
}
