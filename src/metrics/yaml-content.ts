/** YAML as plain data, with the places of its parts. Anything may be in the text: it is read in a thread of its own. */
import { LineCounter, isMap, isNode, isScalar, isSeq, parseDocument, type Node } from 'yaml';

/** A place in the text; counted from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
  /** Columns from there to the first character of a text that stands on one line; null for anything else. */
  readonly text: number | null;
}
export interface YamlContent {
  /** Null when there are mistakes. */
  readonly content: unknown;
  readonly mistakes: readonly { readonly message: string; readonly line: number; readonly column: number }[];
  /** By JSON pointer, down to the fields of what an entry holds. */
  readonly places: Readonly<Record<string, Place>>;
}

/** Far beyond what definitions need; what nests deeper costs a parser its stack. */
const DEEPEST = 50;
const WIDEST_INDENT = 200;
const MOST_COLONS = 200;
const MOST_MISTAKES = 20;
const PLACED_DEPTH = 5;

export function readYaml(text: string): YamlContent {
  const deep = tooDeep(text);
  if (deep !== null) return refused('The file is nested too deeply.', deep, 1);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, schema: 'core', prettyErrors: false });
  if (document.errors.length > 0) {
    const mistakes = document.errors.slice(0, MOST_MISTAKES).map(({ message, pos }) => {
      const { line, col } = lines.linePos(pos[0]);
      return { message, line: Math.max(line, 1), column: Math.max(col, 1) };
    });
    return { content: null, mistakes, places: {} };
  }
  try {
    const places: Record<string, Place> = {};
    locate(document.contents, '', 0, lines, places);
    // JSON: aliases are written out, and so there is no way round in a circle.
    return {
      content: JSON.parse(JSON.stringify(document.toJS({ maxAliasCount: 100 }))) as unknown,
      mistakes: [],
      places,
    };
  } catch (thrown) {
    return refused(thrown instanceof Error ? thrown.message : 'The file can’t be read.', 1, 1);
  }
}

export const refused = (message: string, line: number, column: number): YamlContent => ({
  content: null,
  mistakes: [{ message, line, column }],
  places: {},
});

/** The line at which the text may nest too deeply; null when it does nowhere. */
function tooDeep(text: string): number | null {
  let brackets = 0;
  for (const [index, line] of text.split('\n').entries()) {
    for (const character of line) {
      if (character === '[' || character === '{') brackets += 1;
      else if ((character === ']' || character === '}') && brackets > 0) brackets -= 1;
      if (brackets > DEEPEST) return index + 1;
    }
    const indent = line.search(/[^ ]/);
    const marks = line.match(/(?:^|\s)[-?:](?=\s)/g)?.length ?? 0;
    const colons = line.match(/:\s/g)?.length ?? 0;
    if (indent > WIDEST_INDENT || marks > DEEPEST || colons > MOST_COLONS) return index + 1;
  }
  return null;
}

function locate(
  node: Node | null,
  pointer: string,
  depth: number,
  lines: LineCounter,
  places: Record<string, Place>,
): void {
  if (!node?.range || depth > PLACED_DEPTH) return;
  const { line, col } = lines.linePos(node.range[0]);
  places[pointer] = { line: Math.max(line, 1), column: Math.max(col, 1), text: textStart(node) };
  if (isSeq(node)) {
    node.items.forEach((item, index) => {
      if (isNode(item)) locate(item, `${pointer}/${index}`, depth + 1, lines, places);
    });
  } else if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (isScalar(key) && isNode(value))
        locate(value, `${pointer}/${pointerStep(String(key.value))}`, depth + 1, lines, places);
    }
  }
}

function textStart(node: Node): number | null {
  if (!isScalar(node)) return null;
  if (node.type === 'PLAIN') return 0;
  return node.type === 'QUOTE_SINGLE' || node.type === 'QUOTE_DOUBLE' ? 1 : null;
}

/** A name as a step of a JSON pointer. */
export const pointerStep = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
