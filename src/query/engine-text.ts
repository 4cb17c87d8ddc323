/**
 * Values as text, in the SQL of ClickHouse: what is counted by the million is then written where it lies, and this process
 * only hands it on. Each function takes SQL of a text and gives SQL of a text.
 */
import type { Statement } from '../compiler/query/types.js';

/** Makes a planned statement of ClickHouse one that gives each row as one text. */
export type TextWriter<Column> = (statement: Statement, columns: readonly Column[], limit: number | null) => Statement;

/** SQL of the values of a planned statement's rows, which are read from {@link linesOf}; null for what is masked. */
export function valuesIn({ nulls = [] }: Statement, columns: number): (string | null)[] {
  let position = 0;
  return Array.from({ length: columns }, (_, index) =>
    nulls.includes(index) ? null : `tupleElement(line, ${++position})`,
  );
}

/** A FROM of the statement's rows, each as one value `line`. @param limit most rows; null for all */
export const linesOf = ({ sql }: Statement, limit: number | null): string =>
  `(SELECT tuple(*) AS line FROM (\n${sql}\n)${limit === null ? '' : ` LIMIT ${limit}`})`;

const point = (text: string): string => `position(${text}, '.')`;
const withoutZeros = (text: string): string => `trimRight(${text}, '0')`;

/*
 * Without conditions: what stands in the branch of one is worked out anew for each place that names it, and a long text is
 * named in many.
 */

/** Without zeros at its end behind the point. */
export function plainDecimal(text: string): string {
  const short = `length(trimRight(${withoutZeros(text)}, '.'))`;
  return `substring(${text}, 1, length(${text}) * (${point(text)} = 0) + ${short} * (${point(text)} > 0))`;
}

/** The same with two digits behind the point at least. */
export function money(text: string): string {
  const long = `concat(${text}, substring('.00', 1 + (${point(text)} > 0)))`;
  return `substring(${long}, 1, greatest(length(${withoutZeros(long)}), ${point(long)} + 2))`;
}

export const isTrue = (text: string): string => `${text} IN ('true', '1', 't')`;
export const day = (text: string): string => `substring(${text}, 1, 10)`;
