// Jest runs the compiled ESM in dist/, and the scripts. A test's name says what it needs (`x.test.js` nothing,
// `x.slow.test.js` only time, `x.db.test.js` Postgres, …).
// Each kind is a project, so that its services start only when a test of that kind runs. Jest calls a `globalSetup` file once
// for all its projects: kinds with the same services share a file.
const SETUPS = { unit: undefined, slow: undefined, db: 'db', s3: 's3', e2e: 's3', browser: 'browser' };

const OTHER_THAN_UNIT = ['\\.(slow|db|s3|e2e|browser)\\.test\\.m?js$'];

export default {
  maxWorkers: '100%',
  // Modules of finished test files stay in memory, which ends a worker at about 4 GB. A new worker begins after the file that exceeds this.
  workerIdleMemoryLimit: '2GB',
  testTimeout: 900_000, // for slow and busy machines; for all projects: jest-circus ignores a timeout of a project
  projects: Object.entries(SETUPS).map(([name, setup]) => ({
    displayName: name,
    roots: ['<rootDir>/dist', '<rootDir>/scripts'],
    testMatch: [`<rootDir>/**/*${name === 'unit' ? '' : `.${name}`}.test.{js,mjs}`],
    testPathIgnorePatterns: name === 'unit' ? OTHER_THAN_UNIT : [],
    testEnvironment: '<rootDir>/scripts/jest/environment.mjs',
    transform: {},
    setupFiles: ['reflect-metadata'], // TypeGraphQL's decorators need it
    globalSetup: setup && `<rootDir>/scripts/jest/${setup}.mjs`,
    globalTeardown: '<rootDir>/scripts/jest/stop.mjs',
  })),
};
