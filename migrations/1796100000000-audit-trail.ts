import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who did what: one chain of entries an organisation. Entries have no foreign key: they outlive what they tell of. The
 * triggers refuse to change or take away an entry to everyone, also to the owner of the table, short of dropping them.
 */
export class AuditTrail1796100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE audit_log (
        organization_id uuid NOT NULL,
        seq bigint NOT NULL CHECK (seq > 0),
        at timestamptz NOT NULL,
        actor_user_id uuid,
        actor_key_id text,
        actor_role text,
        door text NOT NULL,
        action text NOT NULL CHECK (action ~ '^[a-z_]+\\.[a-z_]+$'),
        entity_type text NOT NULL,
        entity_id text,
        before jsonb,
        after jsonb,
        prev_hash text NOT NULL CHECK (prev_hash ~ '^[0-9a-f]{64}$'),
        hash text NOT NULL CHECK (hash ~ '^[0-9a-f]{64}$'),
        PRIMARY KEY (organization_id, seq)
      );
      CREATE INDEX audit_log_entity ON audit_log (organization_id, entity_type, entity_id, seq);
      CREATE INDEX audit_log_time ON audit_log (organization_id, at);

      CREATE TABLE audit_heads (
        organization_id uuid PRIMARY KEY,
        seq bigint NOT NULL,
        hash text NOT NULL
      );

      CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'The audit trail is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
          USING ERRCODE = 'insufficient_privilege';
      END $$;
      CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
      CREATE TRIGGER audit_heads_kept BEFORE DELETE OR TRUNCATE ON audit_heads
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
      CREATE FUNCTION audit_head_forward() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF NEW.organization_id <> OLD.organization_id OR NEW.seq <= OLD.seq THEN
          RAISE EXCEPTION 'The head of an audit trail only moves forward' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER audit_heads_forward BEFORE UPDATE ON audit_heads
        FOR EACH ROW EXECUTE FUNCTION audit_head_forward();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE audit_log, audit_heads;
      DROP FUNCTION audit_refuse();
      DROP FUNCTION audit_head_forward();
    `);
  }
}
