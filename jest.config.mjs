// Jest runs the compiled ESM in dist/, and the scripts. A test's name says what it needs (`x.test.js` nothing, `x.slow.test.js` nothing but time, `x.db.test.js` Postgres, …).
// Each kind is a project, so that its services start only when a test of that kind is to run. Jest calls a file of
// `globalSetup` once, for however many projects: kinds with the same services share one.
const SETUPS = { unit: undefined, slow: undefined, db: 'db', s3: 's3', e2e: 's3', browser: 'browser' };

const OTHER_THAN_UNIT = ['\\.(slow|db|s3|e2e|browser)\\.test\\.m?js$'];

export default {
  maxWorkers: '100%',
  testTimeout: 300_000, // of the whole: jest-circus takes no project's own
  projects: Object.entries(SETUPS).map(([name, setup]) => ({
    displayName: name,
    roots: ['<rootDir>/dist', '<rootDir>/scripts'],
    testMatch: [`<rootDir>/**/*${name === 'unit' ? '' : `.${name}`}.test.{js,mjs}`],
    testPathIgnorePatterns: name === 'unit' ? OTHER_THAN_UNIT : [],
    testEnvironment: '<rootDir>/scripts/jest/environment.mjs',
    transform: {},
    setupFiles: ['reflect-metadata'], // TypeGraphQL's decorators ask for it
    globalSetup: setup && `<rootDir>/scripts/jest/${setup}.mjs`,
    globalTeardown: '<rootDir>/scripts/jest/stop.mjs',
  })),
};
