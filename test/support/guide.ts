import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package-root.js';

type Json = Record<string, unknown>;

/** What a guide of `docs/guides` shows: fenced blocks whose info string has a second word, which says what they are. */
export class Guide {
  private readonly blocks: readonly { readonly role: string; readonly text: string }[];

  private constructor(readonly text: string) {
    const found = text.matchAll(/^```(?:json|ndjson|csv|graphql) (\w+)\n([\s\S]*?)^```$/gm);
    this.blocks = [...found].map(([, role = '', block = '']) => ({ role, text: block }));
  }

  static async read(name: string): Promise<Guide> {
    return new Guide(await readFile(join(packageRoot, 'docs/guides', name), 'utf8'));
  }

  /** Lines of shell as one would type them, without their remarks. */
  get commands(): string[] {
    const blocks = [...this.text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block);
    const lines = blocks.flatMap((block) => block.replaceAll(/\\\n\s*/g, '').split('\n'));
    return lines.map((line) => line.replace(/\s+# .*$/, '').trim()).filter((line) => line !== '');
  }

  of(role: string): string[] {
    return this.blocks.filter((block) => block.role === role).map(({ text }) => text);
  }

  /** Rows to load before all else. */
  get rows(): Json[] {
    const lines = this.of('data').flatMap((text) => text.trim().split('\n'));
    return lines.map((line) => ({ source_category: 'external_marketing', ...(JSON.parse(line) as Json) }));
  }

  /** Each request with its title and what stands below it: an answer or a problem. */
  get examples(): [title: string, request: Json, expected: Json][] {
    return this.blocks.flatMap(({ role, text }, index): [string, Json, Json][] => {
      if (role !== 'request') return [];
      const next = this.blocks[index + 1];
      if (next?.role !== 'answer' && next?.role !== 'problem') throw new Error(`A request without an answer: ${text}`);
      return [[`${index}: ${text.replaceAll(/\s+/g, ' ')}`, JSON.parse(text) as Json, JSON.parse(next.text) as Json]];
    });
  }
}
