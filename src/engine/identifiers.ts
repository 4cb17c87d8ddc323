const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The UUID in lower case. Throws when it is none: what passes here may stand in SQL text and in table names. */
export function checkedUuid(value: string | null | undefined, what: string): string {
  if (typeof value !== 'string' || !UUID.test(value)) throw new Error(`The engine needs ${what}: a UUID`);
  return value.toLowerCase();
}

/** `stage_<organisation>_<import>`, both UUIDs without dashes: 71 characters, too long for Postgres, hence base 36. */
export function stageTable(kind: 'stage' | 'delta', organizationId: string, importId: string): string {
  return `${kind}_${compact(organizationId)}_${compact(importId)}`;
}

/** The reverse of {@link stageTable}; null for any other table. */
export function parseStageTable(name: string): { organization_id: string; import_id: string } | null {
  const match = /^stage_([0-9a-z]{25})_([0-9a-z]{25})$/.exec(name);
  if (!match) return null;
  return { organization_id: expand(match[1] ?? ''), import_id: expand(match[2] ?? '') };
}

/** The table of a rollup. */
export const rollupTable = (id: string): string => `rollup_${compact(checkedUuid(id, 'the id of a rollup'))}`;

/** Ids of the customers that a job takes out, for as long as it works. */
export const subjectTable = (jobId: string): string => `erasure_${compact(checkedUuid(jobId, 'the id of a job'))}`;

/** The rollups' tables that a statement names. */
export const rollupTablesIn = (sql: string): readonly string[] => [
  ...new Set(sql.match(/\brollup_[0-9a-z]{25}\b/g) ?? []),
];

function compact(uuid: string): string {
  return BigInt(`0x${uuid.replaceAll('-', '')}`)
    .toString(36)
    .padStart(25, '0');
}

function expand(text: string): string {
  let value = 0n;
  for (const digit of text) value = value * 36n + BigInt(parseInt(digit, 36));
  const hex = value.toString(16).padStart(32, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
