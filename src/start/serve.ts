/** `serve` as the built product has it: see `scripts/bundle.mjs`. */
import { loadKept } from './kept-code.js';

export const { serve } = loadKept<typeof import('../serve.js')>('./serve.cjs');
