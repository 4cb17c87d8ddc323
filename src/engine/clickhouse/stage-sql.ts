import { DATA_TABLE } from './tables.js';

/** What the statements of a stage are about: checked names and conditions of ours, never a user's text. */
export interface StageSql {
  readonly organizationId: string;
  readonly stage: string;
  /** Condition on `id` that picks this statement's share of the stage. */
  readonly slice: string;
  /** No id stands twice in the stage. */
  readonly distinct: boolean;
  /** The organisation has no superseded rows in the table: each id has one row there. */
  readonly merged: boolean;
}

/** Rows of the table whose id is in the stage. An id belongs to one source. */
const matching = ({ organizationId, stage, slice }: StageSql): string => `
  FROM ${DATA_TABLE}
  WHERE organization_id = '${organizationId}' AND data_source IN (SELECT DISTINCT data_source FROM ${stage})
    AND id IN (SELECT id FROM ${stage} WHERE ${slice})`;

const MONTH = `formatDateTime(recorded_at, '%Y-%m', 'UTC')`;

/** Months in which a table has rows. */
export const monthsOf = (table: string): string => `SELECT DISTINCT ${MONTH} FROM ${table}`;

/** Months in which the table has rows of the stage's ids, superseded ones included. */
export const monthsBefore = (sql: StageSql): string => `SELECT DISTINCT ${MONTH} ${matching(sql)}`;

/**
 * Where the stage's ids live in the table: one row per id and place (source and day, as in the sorting key), read as
 * FINAL would. An id has one place, but for a moment two after a crash in the middle of attaching.
 */
const places = (sql: StageSql): string =>
  sql.merged
    ? `(
  SELECT id, data_source AS source, toDate32(recorded_at) AS day, recorded_at AS at, content_hash AS hash, version AS newest
  ${matching(sql)} AND is_deleted = 0
)`
    : `(
  SELECT id, data_source AS source, toDate32(recorded_at) AS day, argMax(recorded_at, version) AS at,
    argMax(content_hash, version) AS hash, max(version) AS newest
  ${matching(sql)} GROUP BY id, source, day HAVING argMax(is_deleted, version) = 0
)`;

/** The content of each of the stage's ids as the table has it now. */
const present = (sql: StageSql): string =>
  sql.merged ? places(sql) : `(SELECT id, argMax(hash, newest) AS hash FROM ${places(sql)} GROUP BY id)`;

/** The last row of each of the stage's ids. Within a stage, `version` is the line. */
const last = ({ stage, slice, distinct }: StageSql): string =>
  distinct
    ? `(
  SELECT id, version AS line, content_hash AS hash, data_source AS source, toDate32(recorded_at) AS day
  FROM ${stage} WHERE ${slice}
)`
    : `(
  SELECT id, max(version) AS line, argMax(content_hash, version) AS hash, argMax(data_source, version) AS source,
    toDate32(argMax(recorded_at, version)) AS day
  FROM ${stage} WHERE ${slice} GROUP BY id
)`;

/** All rows of the stage, each with the hash of the row before it of the same id; the first with the table's. */
const compared = (sql: StageSql): string =>
  sql.distinct
    ? `
  SELECT 1 AS place, last.hash AS hash, present.hash AS before
  FROM ${last(sql)} AS last LEFT JOIN ${present(sql)} AS present ON present.id = last.id`
    : `
  SELECT place, staged.hashes[place] AS hash, if(place = 1, present.hash, staged.hashes[place - 1]) AS before
  FROM (
    SELECT id, arrayMap(pair -> pair.2, arraySort(groupArray((version, content_hash)))) AS hashes
    FROM ${sql.stage} WHERE ${sql.slice} GROUP BY id
  ) AS staged
  LEFT JOIN ${present(sql)} AS present ON present.id = staged.id
  ARRAY JOIN arrayEnumerate(staged.hashes) AS place`;

/** Loaded, replaced, unchanged, and replaced within the stage. */
export const countChanges = (sql: StageSql): string => `
SELECT countIf(isNull(before)), countIf(before != hash), countIf(before = hash), countIf(before != hash AND place > 1)
FROM (${compared(sql)})`;

/** Lines of the stage whose row is new or differs from the table's. */
const changedLines = (sql: StageSql): string => `
SELECT last.line FROM ${last(sql)} AS last LEFT JOIN ${present(sql)} AS present ON present.id = last.id
WHERE isNull(present.hash) OR present.hash != last.hash`;

/** The changed rows themselves, as they go into the table. */
export const winners = (sql: StageSql, version: bigint): string => `
SELECT * REPLACE (version + ${version} AS version) FROM ${sql.stage} AS staged
WHERE ${sql.slice} AND staged.version IN (${changedLines(sql)})`;

/** For each place that an id has left (for another day): a deleted row over it. */
export const tombstones = (sql: StageSql, version: bigint): string => `
SELECT toUUID('${sql.organizationId}'), place.source, place.at, place.id, ${version}, 1
FROM ${places(sql)} AS place INNER JOIN ${last(sql)} AS last ON last.id = place.id
WHERE place.source != last.source OR place.day != last.day`;
