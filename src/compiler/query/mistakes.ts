import { unprocessable, type Problem, type ProblemItem } from '../../common/problem.js';

/** Collects what is wrong with a request, so that a user sees all of it at once. */
export class Mistakes {
  private items: ProblemItem[] = [];

  add(code: string, message: string, pointer: string, suggestions: readonly string[] = []): void {
    this.items.push({ code, message, pointer, ...(suggestions.length > 0 ? { suggestions } : {}) });
  }

  /** Takes out those that are none after all. */
  take(isNone: (item: ProblemItem) => boolean): readonly ProblemItem[] {
    const taken = this.items.filter(isNone);
    this.items = this.items.filter((item) => !isNone(item));
    return taken;
  }

  get any(): boolean {
    return this.items.length > 0;
  }

  /** 422 with the code of the first mistake. */
  problem(): Problem {
    const [first] = this.items;
    if (first === undefined) throw new Error('There is no mistake.');
    const more = this.items.length > 1 ? ` (and ${this.items.length - 1} more; see errors)` : '';
    return unprocessable(first.code, `${first.message}${more}`, this.items);
  }
}
