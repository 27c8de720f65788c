// Jest runs the compiled ESM in dist/. A test's name says what it needs (`x.test.js` nothing, `x.db.test.js` Postgres, …);
// each kind is a project, and its services (scripts/jest-services.mjs) start only when a test of that kind is to run.
const KINDS = ['unit', 'db', 's3', 'e2e', 'browser'];

const OTHER_THAN_UNIT = ['\\.(db|s3|e2e|browser)\\.test\\.js$'];

export default {
  maxWorkers: '100%',
  testTimeout: 300_000, // of the whole: jest-circus takes no project's own
  projects: KINDS.map((name) => ({
    displayName: name,
    roots: ['<rootDir>/dist'],
    testMatch: [`<rootDir>/dist/**/*${name === 'unit' ? '' : `.${name}`}.test.js`],
    testPathIgnorePatterns: name === 'unit' ? OTHER_THAN_UNIT : [],
    testEnvironment: '<rootDir>/scripts/jest-environment.mjs',
    transform: {},
    setupFiles: ['reflect-metadata'], // TypeGraphQL's decorators ask for it
    globalSetup: '<rootDir>/scripts/jest-services.mjs',
    globalTeardown: '<rootDir>/scripts/jest-services-stop.mjs',
  })),
};
