import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { packageRoot } from '../common/package-root.js';
import { parseLibrary, type Library } from '../compiler/model/library.js';

/** The standard metric library that ships with the product, read once a process. */
@Injectable()
export class LibraryService {
  readonly library: Library;
  /** Changes whenever the shipped library changes; organisations are then published anew. */
  readonly hash: string;

  constructor() {
    shipped ??= readShipped();
    this.library = shipped.library;
    this.hash = shipped.hash;
  }
}

let shipped: Pick<LibraryService, 'library' | 'hash'> | undefined;

function readShipped(): Pick<LibraryService, 'library' | 'hash'> {
  const folder = join(packageRoot, 'metrics-library');
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'));
  return { library: parseLibrary(texts), hash: createHash('sha256').update(texts.join('\n')).digest('hex') };
}
