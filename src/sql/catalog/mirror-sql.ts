/**
 * An organisation's model as an empty database: its relations with their columns and comments, and views that stand for
 * what of the catalogue would tell about the rest of the server. Postgres answers catalogue queries and infers types there.
 */
import { MODEL_COLUMN, pgType, type Relation } from '../relation.js';
import { createHash } from 'node:crypto';
import { STANDARD_MODEL } from '../../compiler/model/relations.js';
import {
  EMPTY_RELATIONS,
  MODEL_SETTING,
  OWN_NAME,
  OWN_PORTAL,
  SHADOW,
  SHADOW_INFORMATION,
  USER_SETTING,
} from './allowed.js';

/** How the names of roles begin that own nothing, and may connect and make temporary tables. */
export const READER = 'tributary_sql_reader';

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const literal = (text: string): string =>
  `${text.includes('\\') ? 'E' : ''}'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;

export interface MirrorContent {
  /** The role that reads it. */
  readonly reader: string;
  /** Name of the database, as clients know it. */
  readonly database: string;
  readonly organization: string;
  readonly relations: readonly Pick<Relation, 'schema' | 'name' | 'comment' | 'columns'>[];
}

/** Fills a new database. `{{information_schema}}` is filled in by the database itself. */
export const mirrorSql = ({ reader, database, organization, relations }: MirrorContent): string => `
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA reports;
COMMENT ON SCHEMA reports IS 'Saved reports, as they are shown.';
GRANT USAGE ON SCHEMA public, reports TO ${quoted(reader)};
CREATE SCHEMA ${SHADOW};
CREATE SCHEMA ${SHADOW_INFORMATION};
GRANT USAGE ON SCHEMA ${SHADOW}, ${SHADOW_INFORMATION} TO ${quoted(reader)};
${relations.map(relationSql).join('\n')}
${measureSql}
${shadowSql(database, organization)}
${informationSql(database)}
GRANT SELECT ON ALL TABLES IN SCHEMA public, reports, ${SHADOW}, ${SHADOW_INFORMATION} TO ${quoted(reader)};
`;

const relationSql = ({ schema, name, comment, columns }: MirrorContent['relations'][number]): string => {
  const full = `${schema}.${quoted(name)}`;
  return `
CREATE TABLE ${full} (
${columns.map((column) => `  ${quoted(column.name)} ${pgType(column.type)}`).join(',\n')}
);
COMMENT ON TABLE ${full} IS ${literal(comment)};
${columns.map((column) => `COMMENT ON COLUMN ${full}.${quoted(column.name)} IS ${literal(column.comment)};`).join('\n')}`;
};

/** A measure of a group that stands in one row. A second row would mean that the plan is wrong: that is an error. */
const measureSql = `
CREATE FUNCTION ${SHADOW}.only_one(seen anyarray, value anyelement) RETURNS anyarray LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF cardinality(seen) = 1 THEN
    RAISE EXCEPTION 'A measure has several values in one group.' USING ERRCODE = 'internal_error';
  END IF;
  RETURN ARRAY[value];
END $$;
CREATE FUNCTION ${SHADOW}.only_row(seen anyarray, value anyelement) RETURNS anyarray LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF cardinality(seen) = 1 THEN
    RAISE EXCEPTION 'A measure of a report can’t be put together from several of its rows.' USING ERRCODE = 'feature_not_supported',
      HINT = 'Group by all dimensions of the report, or ask “marketing” with MEASURE() and conditions of your own.';
  END IF;
  RETURN ARRAY[value];
END $$;
CREATE FUNCTION ${SHADOW}.the_one(seen anyarray) RETURNS anyelement LANGUAGE sql IMMUTABLE AS 'SELECT seen[1]';
CREATE AGGREGATE ${SHADOW}.measure(anyelement) (
  SFUNC = ${SHADOW}.only_one, STYPE = anyarray, FINALFUNC = ${SHADOW}.the_one, INITCOND = '{}'
);
CREATE AGGREGATE ${SHADOW}.measure_of_report(anyelement) (
  SFUNC = ${SHADOW}.only_row, STYPE = anyarray, FINALFUNC = ${SHADOW}.the_one, INITCOND = '{}'
);`;

const shadowSql = (database: string, organization: string): string => `
CREATE FUNCTION ${SHADOW}.current_database() RETURNS name LANGUAGE sql STABLE AS $$ SELECT ${literal(database)}::name $$;
CREATE FUNCTION ${SHADOW}.pg_get_userbyid(oid) RETURNS name LANGUAGE sql STABLE AS $$ SELECT 'tributary'::name $$;
CREATE FUNCTION ${SHADOW}.has_database_privilege(text, text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT upper($2) IN ('CONNECT', 'TEMP', 'TEMPORARY') $$;
CREATE FUNCTION ${SHADOW}.has_database_privilege(oid, text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT upper($2) IN ('CONNECT', 'TEMP', 'TEMPORARY') $$;
CREATE FUNCTION ${SHADOW}.has_database_privilege(name, text, text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT upper($3) IN ('CONNECT', 'TEMP', 'TEMPORARY') $$;
CREATE FUNCTION ${SHADOW}.pg_postmaster_start_time() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT date_trunc('day', now()) $$;
CREATE FUNCTION ${SHADOW}.pg_conf_load_time() RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT date_trunc('day', now()) $$;
CREATE FUNCTION ${SHADOW}.inet_server_port() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT NULL::integer $$;
CREATE FUNCTION ${SHADOW}.pg_backend_pid() RETURNS integer LANGUAGE sql STABLE AS $$ SELECT 0 $$;
CREATE FUNCTION ${SHADOW}.pg_total_relation_size(regclass) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT 0::bigint $$;
CREATE FUNCTION ${SHADOW}.pg_advisory_unlock_all() RETURNS void LANGUAGE sql STABLE AS $$ SELECT NULL::void $$;
CREATE FUNCTION ${SHADOW}.pg_database_size(oid) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT 0::bigint $$;
CREATE FUNCTION ${SHADOW}.pg_database_size(name) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT 0::bigint $$;
CREATE FUNCTION ${SHADOW}.pg_tablespace_location(oid) RETURNS text LANGUAGE sql STABLE AS $$ SELECT ''::text $$;
CREATE FUNCTION ${SHADOW}.pg_has_role(oid, text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT true $$;
CREATE FUNCTION ${SHADOW}.pg_has_role(text, text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT true $$;
CREATE FUNCTION ${SHADOW}.pg_tablespace_size(oid) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT 0::bigint $$;
CREATE FUNCTION ${SHADOW}.pg_tablespace_size(name) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT 0::bigint $$;
CREATE FUNCTION ${SHADOW}.pg_has_role(name, text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT true $$;
${['text', 'name']
  .map(
    (
      type,
    ) => `CREATE FUNCTION ${SHADOW}.${OWN_NAME}(${type}) RETURNS text LANGUAGE sql STABLE AS $$ SELECT CASE WHEN array_length(p, 1) = 3 AND p[1] = ${literal(database)}
    THEN quote_ident(p[2]) || '.' || quote_ident(p[3]) ELSE $1::text END FROM (SELECT CASE WHEN $1 ~ '[.].*[.]' THEN pg_catalog.parse_ident($1::text) END AS p) AS parts $$;`,
  )
  .join('\n')}
CREATE FUNCTION ${SHADOW}.${OWN_NAME}(oid) RETURNS oid LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;
CREATE FUNCTION ${SHADOW}.${OWN_NAME}(regclass) RETURNS regclass LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;
CREATE FUNCTION ${SHADOW}.to_regclass(text) RETURNS regclass LANGUAGE sql STABLE AS $$ SELECT pg_catalog.to_regclass(${SHADOW}.${OWN_NAME}($1)) $$;
CREATE FUNCTION ${SHADOW}.shobj_description(oid, name) RETURNS text LANGUAGE sql STABLE AS $$ SELECT CASE WHEN $2 = 'pg_database' THEN ${literal(organization)} END $$;
CREATE VIEW ${SHADOW}.pg_database AS
  SELECT tableoid, oid, ${SHADOW}.current_database() AS datname, datdba, encoding, datlocprovider, datistemplate,
    datallowconn, datconnlimit, datfrozenxid, datminmxid, dattablespace, datcollate, datctype,
    coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS datlocale,
    coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS daticulocale, NULL::text AS daticurules, datcollversion, NULL::aclitem[] AS datacl
  FROM pg_catalog.pg_database AS d WHERE datname = pg_catalog.current_database();
CREATE VIEW ${SHADOW}.pg_namespace AS
  SELECT tableoid, * FROM pg_catalog.pg_namespace WHERE nspname IN ('pg_catalog', 'information_schema', 'public', 'reports');
CREATE VIEW ${SHADOW}.pg_tablespace AS SELECT tableoid, oid, spcname, spcowner, NULL::aclitem[] AS spcacl, spcoptions
  FROM pg_catalog.pg_tablespace WHERE spcname IN ('pg_default', 'pg_global');
CREATE VIEW ${SHADOW}.pg_roles AS
  SELECT rolname::name, false AS rolsuper, true AS rolinherit, false AS rolcreaterole,
    false AS rolcreatedb, rolcanlogin, false AS rolreplication, -1 AS rolconnlimit, '********'::text AS rolpassword,
    NULL::timestamptz AS rolvaliduntil, false AS rolbypassrls, NULL::text[] AS rolconfig, oid::oid
  FROM (VALUES ('tributary', false, 10), (current_setting('${USER_SETTING}', true), true, 16384)) AS r(rolname, rolcanlogin, oid)
  WHERE rolname <> '';
CREATE VIEW ${SHADOW}.pg_user AS
  SELECT rolname AS usename, oid AS usesysid, false AS usecreatedb, false AS usesuper, false AS userepl,
    false AS usebypassrls, rolpassword AS passwd, rolvaliduntil AS valuntil, rolconfig AS useconfig FROM ${SHADOW}.pg_roles;
CREATE VIEW ${SHADOW}.pg_settings AS SELECT * FROM pg_catalog.pg_settings
  WHERE context IN ('user', 'internal') AND name NOT IN ('data_directory_mode')
  UNION ALL SELECT (jsonb_populate_record(NULL::pg_catalog.pg_settings, jsonb_build_object(
    'name', '${MODEL_COLUMN}', 'setting', coalesce(nullif(current_setting('${MODEL_SETTING}', true), ''), '${STANDARD_MODEL}'),
    'category', 'Attribution', 'short_desc', 'The attribution model of statements that name none.', 'context', 'user',
    'vartype', 'string', 'source', 'session', 'boot_val', '${STANDARD_MODEL}', 'reset_val', '${STANDARD_MODEL}', 'pending_restart', false))).*;
CREATE VIEW ${SHADOW}.pg_cursors AS
  SELECT name, NULL::text AS statement, is_holdable, is_binary, is_scrollable, creation_time FROM pg_catalog.pg_cursors
  WHERE name NOT LIKE '${OWN_PORTAL}%';
${EMPTY_RELATIONS.map(
  (name) =>
    `CREATE VIEW ${SHADOW}.${name} AS SELECT (jsonb_populate_record(NULL::pg_catalog.${name}, '{}')).* WHERE false;`,
).join('\n')}
${['pg_auth_members', 'pg_group', 'pg_shdescription', 'pg_shseclabel', 'pg_user_mappings']
  .map((name) => `CREATE VIEW ${SHADOW}.${name} AS SELECT * FROM pg_catalog.${name} WHERE false;`)
  .join('\n')}`;

/** Every view of `information_schema`, with the database's own name wherever a catalogue is named. */
const informationSql = (database: string): string => `
DO $do$
DECLARE each record;
BEGIN
  FOR each IN
    SELECT c.relname, string_agg(
      CASE WHEN a.attname LIKE '%catalog' OR a.attname = 'catalog_name'
        THEN format('CASE WHEN %1$I IS NULL THEN NULL ELSE %2$L END::information_schema.sql_identifier AS %1$I', a.attname, ${literal(database)})
        WHEN a.attname IN ('grantor', 'grantee', 'schema_owner') THEN format('%L::information_schema.sql_identifier AS %I', 'tributary', a.attname)
        ELSE format('%I', a.attname) END, ', ' ORDER BY a.attnum) AS columns,
      bool_or(a.attname = 'table_schema') AS has_table_schema, bool_or(a.attname = 'schema_name') AS has_schema_name
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'information_schema'::regnamespace AND c.relkind IN ('v', 'r') AND c.relname NOT LIKE '\\_%'
    GROUP BY c.relname
  LOOP
    EXECUTE format('CREATE VIEW ${SHADOW_INFORMATION}.%I WITH (security_invoker = on) AS SELECT %s FROM information_schema.%I %s', each.relname, each.columns, each.relname,
      CASE WHEN each.has_table_schema THEN 'WHERE table_schema IN (''pg_catalog'', ''information_schema'', ''public'', ''reports'')'
        WHEN each.has_schema_name THEN 'WHERE schema_name IN (''pg_catalog'', ''information_schema'', ''public'', ''reports'')' ELSE '' END);
  END LOOP;
END $do$;`;

/** What `CatalogFacts` are read from: kind, name. */
export const FACTS_SQL = `
  SELECT 'view' AS kind, relname::text AS name FROM pg_class WHERE relnamespace = '${SHADOW_INFORMATION}'::regnamespace
  UNION ALL
  SELECT 'aggregate', proname::text FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind IN ('a', 'w')
    AND proname NOT LIKE '%xml%'
  UNION ALL
  SELECT 'function', proname::text FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f'
  GROUP BY proname HAVING bool_and(provolatile = 'i') AND proname NOT LIKE 'binary_upgrade%' AND proname NOT LIKE 'pg_stat%'
    AND proname NOT LIKE 'lo\\_%' AND proname NOT LIKE '%xml%'`;

/** Part of a mirror's name: another one whenever the text above changes. */
export const MIRROR_VERSION = createHash('sha256')
  .update(mirrorSql({ reader: READER, database: '', organization: '', relations: [] }))
  .digest('hex');
