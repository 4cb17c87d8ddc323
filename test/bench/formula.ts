/**
 * Hostile formulas over the names of the standard library: how long until each is refused. What counts is the longest by
 * processor time, after a first round in which JavaScript's own compiler works.
 */
import { parseFormula } from '../../src/compiler/formula/parse.js';
import { FORMULA_LIMITS } from '../../src/compiler/formula/tokens.js';
import { nameTable } from '../../src/compiler/model/names.js';
import { formulaScope } from '../../src/compiler/model/scopes.js';
import { LibraryService } from '../../src/metrics/library.service.js';
import { median, report, timedWhole } from './report.js';

const ROUNDS = 20;
const GOAL_MS = 50;
const MEGABYTE = 2 ** 20;
const { characters, nodes } = FORMULA_LIMITS;
const full = (piece: string, length: number): string => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
/** As many unknown names as a formula may hold, none like the other, of which each is looked for among all names. */
const strangers = (length: number): string =>
  Array.from({ length: Math.min(nodes / 2, Math.floor(characters / (length + 1))) }, (_, index) =>
    full(`cmpagin_${index}_raos_spned`, length),
  ).join('+');

/** Each has to be refused. */
const HOSTILE: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['(', '-', 'a+', 'if(', '__proto__.', '9^', '[', ' ', '"'].map((piece) => [
      `1 MB of ${piece}`,
      full(piece, MEGABYTE),
    ]),
  ),
  ...Object.fromEntries(
    ['(', '-', 'a+', 'if(', '__proto__.', '9^', '[', '"'].map((piece) => [`4 kB of ${piece}`, full(piece, characters)]),
  ),
  'names of 8 characters': strangers(8),
  'names of 15 characters': strangers(15),
  'names of 63 characters': strangers(63),
  'parentheses, closed': `${'('.repeat(2_000)}1${')'.repeat(2_000)}`,
  'parentheses, as deep as they go': `${'('.repeat(64)}x${')'.repeat(64)}`,
  'powers of powers': Array(240).fill('9').join('^'),
  'signs as many as can be': `${'-'.repeat(nodes - 1)}spend`,
  'calls in calls': `${'abs('.repeat(64)}nothing${')'.repeat(64)}`,
  'conditions in conditions': `${'spend > 1 ? '.repeat(120)}1${' : nothing'.repeat(120)}`,
  'a prototype': '__proto__ + constructor + hasOwnProperty + toString',
};

export async function benchFormula(): Promise<void> {
  const scope = formulaScope(nameTable(new LibraryService().library.members, []));
  const times = new Map<string, { ms: number; processorMs: number }[]>();
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, text] of Object.entries(HOSTILE)) {
      const { ms, processorMs, value } = await timedWhole(() => Promise.resolve(parseFormula(text, scope)));
      if (value.tree !== null) throw new Error(`“${name}” was not refused.`);
      if (round >= 0) times.set(name, [...(times.get(name) ?? []), { ms, processorMs }]);
    }
  }
  const worst = [...times]
    .map(([name, rounds]) => ({
      name,
      median: median(rounds.map(({ ms }) => ms)),
      processor: Math.max(...rounds.map(({ processorMs }) => processorMs)),
    }))
    .sort((a, b) => b.processor - a.processor)[0];
  report({
    bench: 'formula_hostile',
    ratio: (worst?.processor ?? Number.NaN) / GOAL_MS,
    unit: 'of_goal',
    goal: 1,
    worst: worst?.name,
    worst_processor_ms: worst?.processor,
    median_ms: worst?.median,
    formulas: times.size,
  });
}
