import 'reflect-metadata';
import * as modules from 'node:module';

// What V8 compiled is kept for the next start, where Node can (from 22.1).
(modules as { enableCompileCache?: () => void }).enableCompileCache?.();
const { serve } = await import('./serve.js');
await serve(process.env);
