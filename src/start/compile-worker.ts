/** The compiling thread as the built product has it: see `scripts/bundle.mjs`. */
import { loadKept } from './kept-code.js';

loadKept('./compile-worker.cjs');
