/** Messages of clients that follow the protocol, follow it almost, or don't: deterministic by seed. */
import { int16, int32, message } from '../../src/pgwire/body.js';
import * as said from '../../src/pgwire/client-messages.js';
import { corpusOf, TOOLS } from './corpus.js';
import { randomQuery, type Dice } from './random-queries.js';

/** What costs little to answer, and changes where a session stands. */
const STEPS = [
  ...[
    'SELECT 1',
    'SELECT $1::int + 1',
    'SELECT $1',
    "SELECT 'ü😀', NULL, 1.5",
    '',
    ';',
    '-- nothing',
    'SELECT 1; SELECT 2',
  ],
  ...['BEGIN', 'BEGIN', 'COMMIT', 'ROLLBACK', 'SAVEPOINT s', 'ROLLBACK TO s', 'RELEASE s', 'COMMIT; BEGIN; SELECT 1/0'],
  ...['DECLARE c CURSOR FOR SELECT 1', 'FETCH ALL FROM c', 'CLOSE c', 'MOVE 1 FROM c', 'CLOSE ALL', 'DISCARD ALL'],
  ...[
    "SET timezone = 'UTC'",
    "SET LOCAL timezone = 'Asia/Tokyo'",
    'RESET ALL',
    'SHOW timezone',
    'SET statement_timeout = 5000',
  ],
  ...[
    'PREPARE p AS SELECT $1::text',
    "EXECUTE p ('x')",
    'EXECUTE p',
    'DEALLOCATE p',
    'DEALLOCATE ALL',
    'EXPLAIN SELECT 1',
  ],
  ...['COPY (SELECT 1) TO STDOUT', 'COPY marketing FROM STDIN', 'SELECT 1/0', 'SELECT nothing', 'SELEC', 'SELECT $900'],
  ...[
    'SELECT MEASURE(spend) FROM marketing',
    'SELECT data_source, spend FROM marketing LIMIT $1',
    'DELETE FROM marketing',
  ],
  ...[
    'SELECT data_source FROM marketing WHERE campaign_name = $1 GROUP BY 1',
    'SELECT * FROM reports.nothing',
    'SELECT (((((',
  ],
  ...[
    "SET attribution_model = 'linear'",
    'SELECT relname FROM pg_class LIMIT 3',
    'SELECT * FROM pg_authid',
    'LISTEN x',
  ],
];
const NAMES = ['', '', 'a', 'b', 'c', 'p', 's', 'tributary_portal_1', "x'y", 'ü'.repeat(40)];
const TYPES = [0, 20, 23, 25, 701, 1043, 1114, 1184, 1700, 3802, 4_000_000_000 | 0, -1];

export function randomSql(dice: Dice): string {
  const kind = dice.below(100);
  const sql =
    kind < 85
      ? dice.one(STEPS)
      : kind < 93
        ? randomQuery(dice)
        : dice.one(corpusOf(dice.one(TOOLS)).map((statement) => statement.sql));
  return dice.chance(10) ? garbledText(sql, dice) : sql;
}

function garbledText(text: string, dice: Dice): string {
  const at = dice.below(text.length + 1);
  const other = dice.one([
    '',
    '(',
    ')',
    "'",
    '"',
    '$',
    '$1',
    ';',
    ',',
    '\\',
    '/*',
    '😀',
    ' FROM marketing ',
    ' -1e999 ',
    '\u0000',
  ]);
  return text.slice(0, at) + other + text.slice(at + dice.below(4));
}

const garbage = (dice: Dice, most: number): Buffer =>
  Buffer.from(Array.from({ length: dice.below(most) }, () => dice.below(256)));

/** A statement from Parse to Sync, as drivers send it, with some parts left out. */
function conversation(dice: Dice): Buffer[] {
  const [name, portal] = [dice.one(NAMES), dice.one(NAMES)];
  const sql = randomSql(dice);
  const values = Array.from({ length: /\$\d/.test(sql) ? 1 : 0 }, () => Buffer.from(String(dice.below(9))));
  const bound = { portal, statement: name, formats: [], values, resultFormats: [dice.one([0, 0, 1])] };
  const all = [
    ...(name === '' ? [] : [said.close('S', name)]),
    said.parse(name, sql, []),
    ...(dice.chance(50) ? [said.describe('S', name)] : []),
    ...(portal === '' ? [] : [said.close('P', portal)]),
    said.bind(bound),
    ...(dice.chance(50) ? [said.describe('P', portal)] : []),
    said.execute(portal, dice.one([0, 0, 1])),
    ...(dice.chance(30) ? [said.execute(portal, 0)] : []),
    ...(dice.chance(80) ? [said.sync()] : []),
  ];
  return all.filter(() => !dice.chance(3));
}

/** A whole message of any kind but Terminate. */
function wellFormed(dice: Dice): Buffer {
  const name = (): string => dice.one(NAMES);
  const some = <T>(make: () => T): T[] => Array.from({ length: dice.one([0, 0, 1, 1, 2, 5]) }, make);
  const what = dice.chance(50) ? ('S' as const) : ('P' as const);
  switch (dice.below(20)) {
    case 0:
    case 1:
    case 2:
      return said.query(randomSql(dice));
    case 3:
    case 4:
    case 5:
    case 6:
      return said.parse(
        name(),
        randomSql(dice),
        some(() => dice.one(TYPES)),
      );
    case 7:
    case 8:
    case 9:
      return said.bind({
        portal: name(),
        statement: name(),
        formats: some(() => dice.one([0, 0, 1, 1, 2, -1])),
        values: some(() =>
          dice.chance(20) ? null : dice.chance(50) ? Buffer.from(String(dice.below(9))) : garbage(dice, 9),
        ),
        resultFormats: some(() => dice.one([0, 0, 1, 7])),
      });
    case 10:
    case 11:
      return said.describe(what, name());
    case 12:
    case 13:
    case 14:
      return said.execute(name(), dice.one([0, 0, 1, 2, 0x7fffffff, -1]));
    case 15:
      return said.close(what, name());
    case 16:
      return said.sync();
    case 17:
      return said.flush();
    case 18:
      return dice.one([said.copyData(garbage(dice, 40)), said.copyDone(), said.copyFail('no')]);
    default:
      return dice.one([
        message('F', int32(dice.below(3_000)), int16(0), int16(0), int16(0)),
        said.saslResponse('again'),
        message('P', Buffer.from('a\0SELECT 1\0'), int16(30_000)),
        message('B', Buffer.from('\0\0'), int16(0), int16(1), int32(0x7ffffff0)),
        message('D', Buffer.from('X\0')),
      ]);
  }
}

/** What a client sends in one go. `isWhole`: as messages whose lengths are right, so that an answer can be waited for. */
export function randomVolley(dice: Dice): {
  readonly bytes: Buffer;
  readonly messages: number;
  readonly isWhole: boolean;
} {
  const whole = Array.from({ length: 1 + dice.below(12) }, () =>
    dice.chance(40) ? conversation(dice) : [wellFormed(dice), ...(dice.chance(20) ? [said.sync()] : [])],
  ).flat();
  const messages = whole.length;
  const all = whole.map((bytes) => {
    if (bytes.length > 5 && dice.below(1_000) < 5) bytes[5 + dice.below(bytes.length - 5)] = dice.below(256);
    return bytes;
  });
  const bytes = Buffer.concat(all);
  if (!dice.chance(1)) return { bytes, messages, isWhole: true };
  if (dice.chance(50)) return { bytes: bytes.subarray(0, dice.below(bytes.length)), messages, isWhole: false };
  for (let flips = 1 + dice.below(4); flips > 0; flips--) bytes[dice.below(bytes.length)] = dice.below(256);
  return { bytes, messages, isWhole: false };
}

/** What stands at the start of a connection, and is wrong in some way. @param user whose name a guess is made for */
export function randomStart(dice: Dice): Buffer {
  const packet = (body: Buffer): Buffer => Buffer.concat([int32(body.length + 4), body]);
  const user = `fuzz${String(dice.below(1_000_000_000)).padStart(9, '0')}`;
  const hello = packet(Buffer.concat([int32(3 << 16), Buffer.from(`user\0${user}\0\0`)]));
  switch (dice.below(7)) {
    case 0:
      return garbage(dice, 60);
    case 1:
      return packet(Buffer.concat([int32(3 << 16), garbage(dice, 200)]));
    case 2:
      return packet(Buffer.concat([int32(80877102), int32(dice.below(2 ** 31 - 1)), garbage(dice, 300)]));
    case 3:
      return Buffer.concat([hello, said.saslInitial(dice.one(['', 'n,,', 'n,,n=,r=', 'y,,n=a,r=b', 'p=x,,n=,r=abc']))]);
    case 4:
      return Buffer.concat([
        hello,
        said.saslInitial('n,,n=,r=abcdefghijklmnop'),
        said.saslResponse('c=biws,r=abc,p=AAAA'),
      ]);
    case 5:
      return Buffer.concat([hello, wellFormed(dice)]);
    default:
      return Buffer.concat([
        packet(int32(80877103)),
        packet(int32(80877104)),
        hello.subarray(0, dice.below(hello.length)),
      ]);
  }
}
