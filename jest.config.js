import { availableParallelism } from 'node:os';

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
  // Specs wait for servers and stores of their own, for what is due and for leases, so that one more than there are processors
  // is not too many. Of a share above 100 % Jest makes a number of workers.
  maxWorkers: availableParallelism() + 1,
  // What modules of earlier specs leave in a worker slows each later one down.
  workerIdleMemoryLimit: '512MB',
  globalSetup: '<rootDir>/test/support/folders-in-memory.js',
  testSequencer: '<rootDir>/test/support/longest-first.js',
};
