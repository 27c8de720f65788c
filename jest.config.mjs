// Jest runs the compiled ESM in dist/. A test's name says what it needs (`x.test.js` nothing, `x.db.test.js` Postgres, …);
// each kind is a project, and its services (scripts/jest-services.mjs) start only when a test of that kind is to run.
const KINDS = {
  unit: { testTimeout: 20_000 },
  db: { testTimeout: 60_000 },
  s3: { testTimeout: 60_000 },
  e2e: { testTimeout: 300_000 },
  browser: { testTimeout: 180_000 },
};

const OTHER_THAN_UNIT = ['\\.(db|s3|e2e|browser)\\.test\\.js$'];

export default {
  maxWorkers: '100%',
  projects: Object.entries(KINDS).map(([name, { testTimeout }]) => ({
    displayName: name,
    roots: ['<rootDir>/dist'],
    testMatch: [`<rootDir>/dist/**/*${name === 'unit' ? '' : `.${name}`}.test.js`],
    testPathIgnorePatterns: name === 'unit' ? OTHER_THAN_UNIT : [],
    testEnvironment: '<rootDir>/scripts/jest-environment.mjs',
    transform: {},
    setupFiles: ['reflect-metadata'], // TypeGraphQL's decorators ask for it
    testTimeout,
    globalSetup: '<rootDir>/scripts/jest-services.mjs',
    globalTeardown: '<rootDir>/scripts/jest-services-stop.mjs',
  })),
};
