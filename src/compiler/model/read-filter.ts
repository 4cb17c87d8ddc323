/** The shape of a filter inside a definition, which may come from a form, a file or the database. */
import { fault } from '../diagnostics/diagnostic.js';
import { FILTER_OPERATORS, NAMED_RANGES, type Filter } from '../query/types.js';
import type { Diagnostic } from './types.js';

/** Of one definition: its values become part of the SQL of every query that uses it. */
export const ROW_FILTER_LIMITS = { conditions: 50, depth: 8, values: 1_000, characters: 20_000 } as const;

/** Reads the notation of a query's filters; undefined after a fault. A list of filters means that all must hold. */
export class FilterReader {
  private conditions = 0;
  private values = 0;
  private characters = 0;

  constructor(
    private readonly diagnostics: Diagnostic[],
    /** Why `name` can't be filtered by. */
    private readonly refuse: (name: string) => string | undefined,
  ) {}

  read(given: unknown, pointer: string): Filter | undefined {
    const filter = Array.isArray(given) ? this.group('and', given, pointer, 1) : this.filter(given, pointer, 1);
    const { conditions, values, characters } = ROW_FILTER_LIMITS;
    if (this.conditions > conditions) return this.fail(pointer, `A definition may have ${conditions} conditions.`);
    if (this.values > values || this.characters > characters) {
      const message = `The values of a definition’s conditions are at most ${values}, and ${characters} characters.`;
      return this.fail(pointer, message);
    }
    return filter;
  }

  private filter(given: unknown, pointer: string, depth: number): Filter | undefined {
    if (depth > ROW_FILTER_LIMITS.depth) {
      return this.fail(pointer, `Conditions may be nested ${ROW_FILTER_LIMITS.depth} deep.`);
    }
    if (!isObject(given)) {
      const message = 'Expected a condition { member, operator, values }, or { and: […] } or { or: […] }.';
      return this.fail(pointer, message);
    }
    for (const joint of ['and', 'or'] as const) {
      if (!(joint in given)) continue;
      this.onlyKeys(given, [joint], pointer);
      const parts = given[joint];
      if (!Array.isArray(parts)) return this.fail(`${pointer}/${joint}`, 'Expected a list of conditions.');
      return this.group(joint, parts, `${pointer}/${joint}`, depth + 1);
    }
    return this.condition(given, pointer);
  }

  private group(joint: 'and' | 'or', parts: readonly unknown[], pointer: string, depth: number): Filter | undefined {
    if (parts.length === 0) return this.fail(pointer, 'A group of conditions needs at least one.');
    const read = parts
      .slice(0, ROW_FILTER_LIMITS.conditions + 1)
      .map((part, index) => this.filter(part, `${pointer}/${index}`, depth));
    const all = read.filter((part) => part !== undefined);
    if (all.length < read.length) return undefined;
    return joint === 'and' ? { and: all } : { or: all };
  }

  private condition(given: Json, pointer: string): Filter | undefined {
    this.conditions += 1;
    this.onlyKeys(given, ['member', 'operator', 'values'], pointer);
    const { member } = given;
    if (typeof member !== 'string') return this.fail(`${pointer}/member`, 'Expected the key of a dimension.');
    const refused = this.refuse(member);
    if (refused !== undefined) {
      this.diagnostics.push(fault('metric_in_filter', `${pointer}/member`, refused));
      return undefined;
    }
    const operator = FILTER_OPERATORS.find((each) => each === given['operator']);
    if (operator === undefined) {
      return this.fail(`${pointer}/operator`, `The operator is one of ${FILTER_OPERATORS.join(', ')}.`);
    }
    if (given['values'] == null) return { member, operator };
    const values = this.valuesOf(given['values'], `${pointer}/values`);
    return values && { member, operator, values };
  }

  private valuesOf(given: unknown, pointer: string): (string | number | boolean)[] | undefined {
    if (!Array.isArray(given)) return this.fail(pointer, 'Expected a list of values.');
    this.values += given.length;
    const list = (given as unknown[]).slice(0, ROW_FILTER_LIMITS.values);
    const values: (string | number | boolean)[] = [];
    for (const [index, value] of list.entries()) {
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
        return this.fail(`${pointer}/${index}`, 'Expected a text, a number, true or false.');
      }
      if ((NAMED_RANGES as readonly unknown[]).includes(value)) {
        return this.fail(
          `${pointer}/${index}`,
          `“${value}” moves with the calendar, a definition does not: write days.`,
        );
      }
      this.characters += String(value).length;
      values.push(value);
    }
    return values;
  }

  private onlyKeys(given: Json, known: readonly string[], pointer: string): void {
    for (const key of Object.keys(given)) {
      if (known.includes(key)) continue;
      const step = key.slice(0, 63).replaceAll('~', '~0').replaceAll('/', '~1');
      this.fail(`${pointer}/${step}`, `A condition has ${known.join(', ')}, and nothing else beside it.`);
    }
  }

  private fail(pointer: string, message: string): undefined {
    this.diagnostics.push(fault('invalid_filter', pointer, message));
    return undefined;
  }
}

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
