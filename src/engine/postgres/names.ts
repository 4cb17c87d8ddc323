/** Engine tables live in schemas of their own, apart from the system of record that may share the database. */
export const SCHEMA = 'tributary_engine';
export const STAGE_SCHEMA = 'tributary_stage';
/** May read the engine's tables, under row level security; owns nothing and can't log in. */
export const READER_ROLE = 'tributary_reader';
/** The setting that says whose rows a transaction may see. */
export const TENANT_SETTING = 'tributary.organization_id';
/** Reads nothing but what a transaction hands it: the rows that are left of the tables for someone who sees part of them. */
export const LIMITED_ROLE = 'tributary_limited';
