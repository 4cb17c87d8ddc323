import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Teams, custom roles that narrow the five, and what memberships and API keys are narrowed to. */
export class AccessAndTenancy1796000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE custom_roles (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
        description text,
        base_role text NOT NULL CHECK (base_role IN ('marketing_manager', 'campaign_manager', 'analyst', 'viewer')),
        actions text[],
        hidden text[] NOT NULL DEFAULT '{}',
        masked text[] NOT NULL DEFAULT '{}',
        granted text[] NOT NULL DEFAULT '{}',
        rows jsonb NOT NULL DEFAULT '[]',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (organization_id, id)
      );
      CREATE UNIQUE INDEX custom_roles_name ON custom_roles (organization_id, lower(name));

      ALTER TABLE memberships
        ADD COLUMN custom_role_id uuid,
        ADD COLUMN campaigns text[] NOT NULL DEFAULT '{}',
        ADD COLUMN rows jsonb NOT NULL DEFAULT '[]',
        ADD FOREIGN KEY (organization_id, custom_role_id) REFERENCES custom_roles (organization_id, id);

      CREATE TABLE teams (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        UNIQUE (organization_id, id)
      );
      CREATE UNIQUE INDEX teams_name ON teams (organization_id, lower(name));

      CREATE TABLE team_members (
        team_id uuid NOT NULL,
        user_id uuid NOT NULL,
        organization_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (team_id, user_id),
        FOREIGN KEY (organization_id, team_id) REFERENCES teams (organization_id, id) ON DELETE CASCADE,
        FOREIGN KEY (organization_id, user_id) REFERENCES memberships (organization_id, user_id) ON DELETE CASCADE
      );
      CREATE INDEX team_members_by_user ON team_members (organization_id, user_id);

      ALTER TABLE api_keys
        ADD COLUMN scopes text[],
        ADD COLUMN custom_role_id uuid,
        ADD COLUMN campaigns text[] NOT NULL DEFAULT '{}',
        ADD COLUMN created_by uuid REFERENCES users (id) ON DELETE SET NULL,
        ADD COLUMN last_used_at timestamptz,
        ADD COLUMN replaced_by uuid REFERENCES api_keys (id) ON DELETE SET NULL,
        ADD FOREIGN KEY (organization_id, custom_role_id) REFERENCES custom_roles (organization_id, id);
      CREATE INDEX api_keys_by_organization ON api_keys (organization_id, created_at, id);

      ALTER TABLE marketing_report_views
        ADD COLUMN team_id uuid,
        ADD FOREIGN KEY (organization_id, team_id) REFERENCES teams (organization_id, id) ON DELETE SET NULL (team_id);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE marketing_report_views DROP COLUMN team_id;
      DROP INDEX api_keys_by_organization;
      ALTER TABLE api_keys
        DROP COLUMN scopes, DROP COLUMN custom_role_id, DROP COLUMN campaigns, DROP COLUMN created_by,
        DROP COLUMN last_used_at, DROP COLUMN replaced_by;
      DROP TABLE team_members, teams;
      ALTER TABLE memberships DROP COLUMN custom_role_id, DROP COLUMN campaigns, DROP COLUMN rows;
      DROP TABLE custom_roles;
    `);
  }
}
