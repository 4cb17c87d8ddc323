/** Where a person stands in the system of record: the texts of rejected lines, addresses of mail, kept answers, merges. */
import type { EntityManager } from 'typeorm';
import { erasedAddress } from './erased-customers.js';
import type { Subject } from './subject.js';

/** A person and the keyed hashes that take the place of addresses. */
export interface Wanted extends Subject {
  readonly organizationId: string;
  /** Address in lower case → what stands in its place. */
  readonly addresses: Readonly<Record<string, string>>;
}

interface Mention {
  readonly store: string;
  readonly count: string;
  readonly remove: readonly string[];
  readonly note?: string;
}

/** $1 organisation, $2 ids, $3 patterns, $4 words as bytes, $5 addresses, $6 what takes their place. */
const MENTIONS: readonly Mention[] = [
  {
    store: 'import_rejects',
    count: `SELECT count(*) FROM import_rejects WHERE organization_id = $1 AND (content ~* ANY ($3) OR reason ~* ANY ($3))`,
    remove: [
      `WITH gone AS (
         DELETE FROM import_rejects WHERE organization_id = $1 AND (content ~* ANY ($3) OR reason ~* ANY ($3)) RETURNING import_id
       ), per AS (SELECT import_id, count(*) AS lines FROM gone GROUP BY import_id)
       UPDATE imports SET rejects_stored = rejects_stored - per.lines FROM per WHERE imports.id = per.import_id`,
    ],
    note: 'Rejected lines that name the person are deleted whole. The files themselves are never kept.',
  },
  {
    store: 'imports',
    count: `SELECT count(*) FROM imports WHERE organization_id = $1 AND (filename ~* ANY ($3) OR failure::text ~* ANY ($3))`,
    remove: [
      `UPDATE imports SET filename = CASE WHEN filename ~* ANY ($3) THEN NULL ELSE filename END,
         failure = CASE WHEN failure::text ~* ANY ($3) THEN jsonb_set(failure, '{detail}', '"[erased]"') ELSE failure END
       WHERE organization_id = $1 AND (filename ~* ANY ($3) OR failure::text ~* ANY ($3))`,
    ],
    note: 'Names of files and reasons of failure that name the person.',
  },
  {
    store: 'customer_merges',
    count: `SELECT count(*) FROM customer_merges WHERE organization_id = $1 AND (from_customer = ANY ($2) OR to_customer = ANY ($2))`,
    remove: [
      `DELETE FROM customer_merges WHERE organization_id = $1 AND (from_customer = ANY ($2) OR to_customer = ANY ($2))`,
    ],
  },
  {
    store: 'deliveries',
    count: `SELECT count(*) FROM deliveries WHERE organization_id = $1 AND lower(recipient) = ANY ($5)
      AND state NOT IN ('pending', 'sending')`,
    remove: [
      `UPDATE deliveries SET recipient = place.hash, updated_at = now(),
         evidence = replace(replace(evidence::text, recipient, '[erased]'), lower(recipient), '[erased]')::jsonb
       FROM (SELECT unnest($5::text[]) AS address, unnest($6::text[]) AS hash) AS place
       WHERE organization_id = $1 AND lower(recipient) = place.address AND state NOT IN ('pending', 'sending')`,
      `UPDATE occurrences SET recipients = (
         SELECT jsonb_agg(CASE WHEN place.hash IS NULL THEN each ELSE to_jsonb(place.hash) END)
         FROM jsonb_array_elements(recipients) AS each
         LEFT JOIN (SELECT unnest($5::text[]) AS address, unnest($6::text[]) AS hash) AS place ON lower(each #>> '{}') = place.address)
       WHERE organization_id = $1 AND state NOT IN ('planned', 'running', 'sending')
         AND EXISTS (SELECT FROM jsonb_array_elements_text(recipients) AS each WHERE lower(each) = ANY ($5))`,
    ],
    note: 'The address is replaced by its keyed hash; that a mail was delivered stays. Mails that were sent are not taken back.',
  },
  {
    store: 'mail_suppressions',
    count: `SELECT count(*) FROM mail_suppressions WHERE organization_id = $1 AND lower(address) = ANY ($5)`,
    remove: [
      `DELETE FROM mail_suppressions AS old USING (SELECT unnest($5::text[]) AS address, unnest($6::text[]) AS hash) AS place
       WHERE old.organization_id = $1 AND lower(old.address) = place.address AND EXISTS (
         SELECT FROM mail_suppressions AS same WHERE same.organization_id = $1 AND same.address = place.hash
           AND same.schedule_id IS NOT DISTINCT FROM old.schedule_id)`,
      `UPDATE mail_suppressions SET address = place.hash, detail = NULL
       FROM (SELECT unnest($5::text[]) AS address, unnest($6::text[]) AS hash) AS place
       WHERE organization_id = $1 AND lower(mail_suppressions.address) = place.address`,
    ],
    note: 'The address is replaced by its keyed hash, so that it goes on getting no mail.',
  },
  {
    store: 'idempotency_keys',
    count: `SELECT count(*) FROM idempotency_keys WHERE organization_id = $1
      AND EXISTS (SELECT FROM unnest($4::bytea[]) AS word WHERE position(word IN body) > 0)`,
    remove: [
      `DELETE FROM idempotency_keys WHERE organization_id = $1
         AND EXISTS (SELECT FROM unnest($4::bytea[]) AS word WHERE position(word IN body) > 0)`,
    ],
    note: 'Answers kept for a day that name the person.',
  },
];

/** What stays, why, and how often it names the person. */
const STAYS: readonly Omit<Mention, 'remove'>[] = [
  {
    store: 'audit_log',
    count: `SELECT count(*) FROM audit_log WHERE organization_id = $1 AND (entity_id = ANY (SELECT unnest($2::uuid[])::text)
      OR before::text ~* ANY ($3) OR after::text ~* ANY ($3))`,
    note: 'Stays: the audit trail is append-only. It holds ids and addresses, such as those of a merge or a recipient, and no content of rows.',
  },
  {
    store: 'report_schedules',
    count: `SELECT count(*) FROM report_schedules WHERE organization_id = $1 AND recipients::text ~* ANY ($3)`,
    note: 'Stays: a schedule that is to mail to the person. Take the address out of the schedule.',
  },
  {
    store: 'deliveries_under_way',
    count: `SELECT count(*) FROM deliveries WHERE organization_id = $1 AND lower(recipient) = ANY ($5) AND state IN ('pending', 'sending')`,
    note: 'Stays until it has ended: erase again after that.',
  },
  {
    store: 'users',
    count: `SELECT count(*) FROM users WHERE lower(email) = ANY ($5)`,
    note: 'Stays: people who log in are taken out by removing the user.',
  },
];

export interface Found {
  readonly store: string;
  readonly count: number;
  readonly stays: boolean;
  readonly note?: string;
}

export async function countMentions(manager: EntityManager, wanted: Wanted): Promise<Found[]> {
  const found: Found[] = [];
  for (const { store, count, note, ...rest } of [...MENTIONS, ...STAYS]) {
    const [row] = await select<{ count: string }>(manager, count, wanted);
    found.push({ store, count: Number(row?.count), stays: !('remove' in rest), ...(note ? { note } : {}) });
  }
  return found;
}

export async function removeMentions(manager: EntityManager, wanted: Wanted): Promise<void> {
  for (const { remove } of MENTIONS) for (const sql of remove) await select(manager, sql, wanted);
}

/** Postgres refuses a parameter that a statement does not name, and can't tell the type of one that it only compares. */
async function select<Row>(manager: EntityManager, sql: string, wanted: Wanted): Promise<Row[]> {
  const { organizationId, ids, texts, addresses } = wanted;
  const values: readonly [unknown, string][] = [
    [organizationId, 'uuid'],
    [ids, 'uuid[]'],
    [patterns([...ids, ...texts]), 'text[]'],
    [[...ids, ...texts].map((word) => Buffer.from(word)), 'bytea[]'],
    [Object.keys(addresses), 'text[]'],
    [Object.values(addresses), 'text[]'],
  ];
  const used: unknown[] = [];
  const places = new Map<string, number>();
  const text = sql.replace(/\$(\d)(?:::[a-z]+\[\])?/g, (_match, digit: string) => {
    const [value, type] = values[Number(digit) - 1] ?? [];
    if (!places.has(digit)) places.set(digit, used.push(value));
    return `$${places.get(digit)}::${type}`;
  });
  return manager.query<Row[]>(text, used);
}

/** Regular expressions that find each word where it stands for itself, whatever its case. */
export const patterns = (words: readonly string[]): string[] =>
  words.map((word) => {
    const escaped = word.replace(/[^\p{L}\p{N}@_]/gu, (character) => `\\${character}`);
    return `(^|[^[:alnum:]@_.+-])${escaped}($|[^[:alnum:]@_+-])`;
  });

/** What takes the place of each address among the words. */
export async function addressesOf(
  subject: Subject,
  hash: (text: string) => Promise<string>,
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const word of subject.texts) {
    if (!/^[^@\s]+@[^@\s]+$/.test(word)) continue;
    found[word.toLowerCase()] = erasedAddress(await hash(word.toLowerCase()));
  }
  return found;
}
