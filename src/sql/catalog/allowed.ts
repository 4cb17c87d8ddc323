/** What of Postgres' own catalogue, functions and settings a client may use. Whatever is not named here is refused. */

/** Catalogue relations that hold nothing but what belongs to the client's own database. */
export const CATALOG_RELATIONS: ReadonlySet<string> = new Set(
  `pg_stat_all_tables pg_stat_user_tables pg_statio_all_tables pg_statio_user_tables pg_aggregate pg_am pg_amop pg_amproc pg_attrdef pg_attribute pg_auth_members pg_cast pg_class pg_collation
   pg_constraint pg_conversion pg_database pg_default_acl pg_depend pg_description pg_enum pg_event_trigger pg_extension
   pg_foreign_data_wrapper pg_foreign_server pg_foreign_table pg_group pg_index pg_indexes pg_inherits pg_language
   pg_matviews pg_namespace pg_opclass pg_operator pg_opfamily pg_partitioned_table pg_policies pg_policy pg_proc
   pg_publication pg_publication_namespace pg_publication_rel pg_publication_tables pg_range pg_rewrite pg_roles
   pg_cursors pg_db_role_setting pg_largeobject_metadata pg_prepared_statements
   pg_rules pg_seclabel pg_seclabels pg_sequence pg_sequences pg_settings pg_shdescription pg_shseclabel
   pg_statistic_ext pg_subscription pg_tables pg_tablespace pg_timezone_abbrevs pg_timezone_names pg_transform pg_trigger pg_ts_config
   pg_ts_dict pg_ts_parser pg_ts_template pg_type pg_user pg_user_mappings pg_views`.split(/\s+/),
);

/** What the server has counted, which is nothing that a client needs: the relations are there, and empty. */
export const EMPTY_RELATIONS: readonly string[] = [
  ...['pg_stat_all_tables', 'pg_stat_user_tables', 'pg_statio_all_tables', 'pg_statio_user_tables'],
  ...['pg_prepared_statements', 'pg_db_role_setting', 'pg_largeobject_metadata', 'pg_subscription'],
];

/** Answered by a view of ours instead: the real one tells about the whole server. */
export const SHADOWED: ReadonlySet<string> = new Set([
  ...EMPTY_RELATIONS,
  ...`pg_auth_members pg_cursors pg_database pg_group pg_namespace pg_roles pg_shdescription pg_shseclabel pg_subscription
   pg_tablespace pg_user pg_user_mappings pg_settings`.split(/\s+/),
]);

/** Schemas of ours in a mirror, which no client sees. */
export const SHADOW = 'tributary';
export const SHADOW_INFORMATION = 'tributary_information';

/** Functions that are not immutable and still only read what the client may see. Immutable ones are allowed as they are. */
export const STABLE_FUNCTIONS: ReadonlySet<string> = new Set(
  `age array_agg array_to_json array_to_string clock_timestamp col_description concat concat_ws current_schema
   current_schemas current_setting extract overlaps date_add date_bin date_part date_subtract date_trunc format format_type generate_series
   has_any_column_privilege has_column_privilege has_function_privilege has_language_privilege has_schema_privilege
   has_sequence_privilege has_table_privilege has_type_privilege has_tablespace_privilege
   json_agg json_agg_strict json_build_array json_build_object
   json_object_agg jsonb_agg jsonb_agg_strict jsonb_build_array jsonb_build_object jsonb_object_agg justify_interval length
   make_timestamptz now obj_description pg_char_to_encoding pg_client_encoding pg_collation_is_visible pg_encoding_to_char
   pg_function_is_visible pg_get_constraintdef pg_get_expr pg_get_function_arguments
   pg_get_function_identity_arguments pg_get_function_result pg_get_functiondef pg_get_indexdef pg_get_keywords
   pg_get_partition_constraintdef pg_get_partkeydef pg_get_ruledef pg_get_serial_sequence pg_get_statisticsobjdef
   pg_get_statisticsobjdef_columns pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_has_role pg_index_column_has_property
   pg_indexes_size pg_is_in_recovery pg_my_temp_schema pg_opclass_is_visible pg_operator_is_visible
   pg_opfamily_is_visible pg_postmaster_start_time pg_relation_is_publishable pg_relation_size
   pg_statistics_obj_is_visible pg_table_is_visible pg_table_size pg_total_relation_size pg_ts_config_is_visible
   pg_type_is_visible pg_typeof quote_ident quote_literal quote_nullable random row_to_json shobj_description
   statement_timestamp string_agg substring timezone timeofday to_char to_date to_json to_jsonb to_number to_regclass
   to_regnamespace to_regoperator to_regproc to_regprocedure to_regtype to_timestamp transaction_timestamp
   txid_current_if_assigned unnest version pg_get_statisticsobjdef_expressions gen_random_uuid
   pg_backend_pid inet_server_port pg_options_to_table acldefault aclexplode pg_sequence_parameters
   pg_conf_load_time pg_get_partkeydef pg_stat_get_numscans concat_op
   pg_size_pretty regexp_split_to_table to_ascii has_database_privilege current_database
   pg_partition_tree pg_partition_ancestors pg_partition_root
   getdatabaseencoding pg_advisory_unlock_all pg_conversion_is_visible pg_database_size pg_get_function_sqlbody
   pg_is_other_temp_schema pg_tablespace_location pg_tablespace_size pg_timezone_abbrevs pg_timezone_names pg_ts_dict_is_visible
   pg_ts_parser_is_visible pg_ts_template_is_visible
   date time timetz timestamp timestamptz numeric convert_from convert_to random_normal uuidv4 uuidv7
   json_object_agg_strict json_object_agg_unique json_object_agg_unique_strict jsonb_object_agg_strict
   jsonb_object_agg_unique jsonb_object_agg_unique_strict json_to_record json_to_recordset jsonb_to_record jsonb_to_recordset`.split(
    /\s+/,
  ),
);

/** Immutable, and yet not for clients: they can fill memory or tell of the server. */
export const NEVER: ReadonlySet<string> = new Set(
  `pg_stat_get_numscans concat_op query_to_xml table_to_xml schema_to_xml database_to_xml cursor_to_xml xmlparse
   lo_import lo_export`.split(/\s+/),
);

/** Functions of ours that stand for Postgres' own. */
export const SHADOWED_FUNCTIONS: ReadonlySet<string> = new Set([
  'current_database',
  'pg_get_userbyid',
  'has_database_privilege',
  'pg_postmaster_start_time',
  'pg_conf_load_time',
  'inet_server_port',
  'pg_backend_pid',
  'pg_total_relation_size',
  'shobj_description',
  'pg_advisory_unlock_all',
  'pg_database_size',
  'pg_has_role',
  'pg_tablespace_location',
  'pg_tablespace_size',
  'to_regclass',
]);

/**
 * How many arguments a test of a privilege has where it names a user first: that one is left out, as there is no other
 * than the asker.
 */
export const PRIVILEGE_ARGUMENTS: Readonly<Record<string, number>> = {
  has_any_column_privilege: 3,
  has_column_privilege: 4,
  has_database_privilege: 3,
  has_function_privilege: 3,
  has_language_privilege: 3,
  has_schema_privilege: 3,
  has_sequence_privilege: 3,
  has_table_privilege: 3,
  has_tablespace_privilege: 3,
  has_type_privilege: 3,
  pg_has_role: 3,
};
/** How the names of portals begin that stand for a client's in the session of Postgres. */
export const OWN_PORTAL = 'tributary_portal_';
/** Gives a relation's name without the database before it: that is another one here than clients know. */
export const OWN_NAME = 'own_name';
/** The setting of a session of Postgres that says who asks. */
export const USER_SETTING = 'tributary.asker';

/** Settings that a session may set; each acts on the client's own session. */
export const SETTINGS: ReadonlySet<string> = new Set(
  `timezone datestyle intervalstyle client_encoding application_name extra_float_digits standard_conforming_strings
   search_path client_min_messages bytea_output lc_messages lc_monetary lc_numeric lc_time xmloption
   idle_in_transaction_session_timeout idle_session_timeout lock_timeout statement_timeout geqo jit enable_seqscan enable_hashjoin enable_mergejoin
   enable_nestloop row_security synchronize_seqscans quote_all_identifiers escape_string_warning
   array_nulls backslash_quote`.split(/\s+/),
);
/** A setting of ours, and the name that Postgres keeps it under. */
export const MODEL_SETTING = 'tributary.attribution_model';
/** Accepted, as a session here only ever reads. */
export const READ_ONLY_SETTINGS: ReadonlySet<string> = new Set([
  'default_transaction_read_only',
  'transaction_read_only',
  'default_transaction_isolation',
  'transaction_isolation',
  'default_transaction_deferrable',
  'transaction_deferrable',
]);

/** Functions of `information_schema` that drivers call by name. */
export const INFORMATION_FUNCTIONS: ReadonlySet<string> = new Set([
  '_pg_expandarray',
  '_pg_truetypid',
  '_pg_truetypmod',
  '_pg_char_max_length',
  '_pg_char_octet_length',
  '_pg_numeric_precision',
  '_pg_numeric_precision_radix',
  '_pg_numeric_scale',
  '_pg_datetime_precision',
  '_pg_interval_type',
]);
