// Jest runs the TypeScript sources as ES modules. Two CommonJS packages `require` packages that are published as
// ES modules only, which Jest's module registry cannot do; those two are turned into CommonJS on the fly.
export default {
  testEnvironment: '<rootDir>/test/support/environment.js',
  roots: ['<rootDir>/src', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': ['@swc/jest'],
    'node_modules/(content-disposition|cookie)/.+\\.js$': ['@swc/jest', { module: { type: 'commonjs' } }],
  },
  transformIgnorePatterns: ['/node_modules/(?!(content-disposition|cookie)/)'],
  testTimeout: 120_000,
  // Most specs wait for servers and stores of their own; one worker a core keeps the whole within its time. Jest takes a share
  // above 100 % for a number of workers.
  maxWorkers: '100%',
  // What modules of earlier specs leave in a worker slows each later one down.
  workerIdleMemoryLimit: '512MB',
  globalSetup: '<rootDir>/test/support/folders-in-memory.js',
  testSequencer: '<rootDir>/test/support/longest-first.js',
};
