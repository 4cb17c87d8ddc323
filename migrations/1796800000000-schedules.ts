import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Schedules, their occurrences planned ahead, and deliveries that wait for their next attempt. An occurrence is named by
 * its schedule and the local time that was meant, so that new zone data replays nothing.
 */
export class Schedules1796800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE report_schedules (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        view_id uuid NOT NULL REFERENCES marketing_report_views (id) ON DELETE CASCADE,
        owner_user_id uuid REFERENCES users (id) ON DELETE SET NULL,
        owner_key_id text,
        recurrence jsonb NOT NULL,
        time_zone text NOT NULL,
        formats text[] NOT NULL CHECK (cardinality(formats) > 0),
        recipients jsonb NOT NULL,
        subject text,
        message text,
        period text NOT NULL CHECK (period IN ('last_complete', 'as_saved')),
        gate jsonb,
        condition jsonb,
        observation jsonb,
        is_active boolean NOT NULL,
        active_from timestamptz,
        active_until timestamptz,
        planned_until timestamptz NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX report_schedules_by_organization ON report_schedules (organization_id, created_at, id);
      CREATE INDEX report_schedules_to_plan ON report_schedules (planned_until) WHERE is_active;

      ALTER TABLE occurrences
        ADD COLUMN state text NOT NULL DEFAULT 'planned' CHECK (state IN (
          'planned', 'running', 'sending', 'finished', 'skipped', 'suppressed', 'missed', 'failed', 'cancelled')),
        ADD COLUMN due_local text,
        ADD COLUMN requested_key_id text,
        ADD COLUMN not_before timestamptz NOT NULL DEFAULT now(),
        ADD COLUMN attempt integer NOT NULL DEFAULT 0,
        ADD COLUMN failures integer NOT NULL DEFAULT 0,
        ADD COLUMN lease_until timestamptz,
        ADD COLUMN recipients jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN remarks jsonb NOT NULL DEFAULT '[]',
        ADD COLUMN reason text,
        ADD COLUMN finished_at timestamptz;
      -- What was sent before stays as it is; what is on its way goes on.
      UPDATE occurrences SET state = CASE WHEN EXISTS (
          SELECT FROM deliveries WHERE occurrence_id = occurrences.id AND state IN ('pending', 'sending')
        ) THEN 'planned' ELSE 'finished' END;
      UPDATE occurrences SET recipients = (
        SELECT coalesce(jsonb_agg(recipient ORDER BY recipient), '[]') FROM deliveries WHERE occurrence_id = occurrences.id
      );
      CREATE UNIQUE INDEX occurrences_once_by_clock ON occurrences (schedule_id, due_local) WHERE schedule_id IS NOT NULL;
      CREATE INDEX occurrences_to_run ON occurrences (not_before) WHERE state IN ('planned', 'running', 'sending');

      ALTER TABLE deliveries
        ADD COLUMN kind text NOT NULL DEFAULT 'report' CHECK (kind IN ('report', 'failure_notice')),
        ADD COLUMN next_attempt_at timestamptz NOT NULL DEFAULT now();
      ALTER TABLE deliveries DROP CONSTRAINT deliveries_once_per_recipient;
      ALTER TABLE deliveries ADD CONSTRAINT deliveries_once_per_recipient UNIQUE (occurrence_id, recipient, kind);
      CREATE INDEX deliveries_to_send ON deliveries (next_attempt_at) WHERE state IN ('pending', 'sending');

      CREATE TABLE report_files (
        occurrence_id uuid NOT NULL REFERENCES occurrences (id) ON DELETE CASCADE,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        attempt integer NOT NULL,
        name text NOT NULL,
        part integer NOT NULL,
        content bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (occurrence_id, attempt, name, part)
      );
      CREATE INDEX report_files_by_age ON report_files (created_at);

      CREATE TABLE mail_settings (
        organization_id uuid PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
        allowed_domains text[],
        updated_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE TABLE mail_suppressions (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        address text NOT NULL,
        schedule_id uuid REFERENCES report_schedules (id) ON DELETE CASCADE,
        reason text NOT NULL CHECK (reason IN ('unsubscribed', 'bounced', 'complained', 'by_hand')),
        detail text,
        created_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE UNIQUE INDEX mail_suppressions_once ON mail_suppressions
        (organization_id, address, coalesce(schedule_id, '00000000-0000-0000-0000-000000000000'));

      CREATE TABLE installation_keys (
        name text PRIMARY KEY,
        value bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE installation_keys, mail_suppressions, mail_settings, report_files;
      DELETE FROM deliveries WHERE kind <> 'report';
      ALTER TABLE deliveries DROP CONSTRAINT deliveries_once_per_recipient;
      ALTER TABLE deliveries ADD CONSTRAINT deliveries_once_per_recipient UNIQUE (occurrence_id, recipient);
      ALTER TABLE deliveries DROP COLUMN kind, DROP COLUMN next_attempt_at;
      DROP INDEX occurrences_to_run, occurrences_once_by_clock;
      ALTER TABLE occurrences DROP COLUMN state, DROP COLUMN due_local, DROP COLUMN requested_key_id, DROP COLUMN not_before, DROP COLUMN attempt,
        DROP COLUMN failures, DROP COLUMN lease_until, DROP COLUMN recipients, DROP COLUMN remarks, DROP COLUMN reason, DROP COLUMN finished_at;
      DROP TABLE report_schedules;
    `);
  }
}
