import boundaries from 'eslint-plugin-boundaries';
import { defineConfig } from 'eslint/config';
import path from 'node:path';
import reactHooks from 'eslint-plugin-react-hooks';
import plainEnglish from './scripts/lint/plain-english.config.mjs';
import typescript from 'typescript-eslint';

// The parts of the code, from the top down. A part may import the parts that it lists, all of which are below it, and its own
// files. The features are parts too: a feature may import another feature only if it lists it.
const lower = [
  'inference',
  'jobs',
  'outages',
  'artifact',
  'imaging',
  'image files',
  'decision',
  'pixels',
  'storage',
  'database',
  'concurrency',
];
const services = ['serving', ...lower];
const features = {
  audit: [],
  accounts: ['audit'],
  'audit-trail': ['accounts', 'audit'],
  'job-control': ['audit'],
  images: [],
  datasets: ['images', 'job-control', 'accounts', 'audit'],
  models: ['datasets', 'job-control', 'accounts', 'audit'],
  training: ['models', 'datasets', 'job-control', 'accounts', 'audit'],
  'client-requests': [],
  'case-identity': [],
  reviews: ['client-requests', 'case-identity', 'accounts', 'audit'],
  'bulk-items': [],
  predictions: [
    'client-requests',
    'bulk-items',
    'case-identity',
    'reviews',
    'models',
    'images',
    'accounts',
    'audit',
  ],
  'prediction-changes': ['predictions', 'reviews'],
  'review-snapshots': ['predictions', 'reviews', 'models', 'datasets', 'images', 'accounts', 'audit'],
  fitting: [
    'client-requests',
    'predictions',
    'reviews',
    'models',
    'datasets',
    'job-control',
    'accounts',
    'audit',
  ],
  cases: ['bulk', 'bulk-items', 'case-identity', 'predictions', 'accounts', 'audit'],
  differential: ['cases', 'models', 'audit'],
  bulk: [
    'client-requests',
    'predictions',
    'bulk-items',
    'models',
    'datasets',
    'job-control',
    'accounts',
    'audit',
  ],
  reports: [
    'readings',
    'cases',
    'differential',
    'bulk',
    'reviews',
    'predictions',
    'images',
    'models',
    'case-identity',
    'accounts',
    'audit',
  ],
  readings: ['case-identity', 'cases', 'predictions', 'reviews', 'models', 'accounts', 'audit'],
  monitoring: ['predictions', 'models', 'datasets'],
  webhooks: ['monitoring', 'accounts', 'audit'],
  // Deletes rows of several features, because they must be deleted in one transaction and in one order.
  'saved-views': [],
  erasure: ['saved-views', 'client-requests', 'predictions', 'datasets', 'images', 'models', 'audit'],
  'store-check': ['models'],
};
const everyFeature = Object.keys(features);
const server = ['http', 'graphql', ...everyFeature, 'api', ...services];

const parts = {
  main: { folder: 'server', imports: server },
  http: { folder: 'server/http', imports: ['graphql', ...everyFeature, 'api', ...services] },
  graphql: { folder: 'server/graphql', imports: [...everyFeature, 'api', ...services] },
  ...Object.fromEntries(
    Object.entries(features).map(([name, others]) => [
      name,
      { folder: `server/features/${name}`, imports: [...others, 'api', 'evaluation', ...services] },
    ]),
  ),
  api: { folder: 'server/api', imports: services },
  serving: { folder: 'server/serving', imports: lower },
  inference: {
    folder: 'server/inference',
    imports: ['artifact', 'imaging', 'image files', 'decision', 'pixels', 'concurrency'],
  },
  jobs: { folder: 'server/jobs', imports: ['outages', 'storage', 'database'] },
  outages: { folder: 'server/outages', imports: ['storage', 'database'] },
  artifact: {
    folder: 'server/artifact',
    imports: ['imaging', 'image files', 'decision', 'pixels', 'storage'],
  },
  imaging: { folder: 'server/imaging', imports: ['image files', 'decision', 'pixels'] },
  // The structure of files with pictures. It also runs in the browser.
  'image files': { folder: 'server/image-files', imports: ['pixels'] },
  // From the outputs of a network to the answer. It also runs in the browser.
  decision: { folder: 'server/decision', imports: ['pixels'] },
  // Runs in the server and in the browser, so it imports nothing: no part, no package, nothing of Node.
  pixels: { folder: 'server/pixels', imports: [] },
  storage: { folder: 'server/storage', imports: [] },
  database: { folder: 'server/database', imports: ['concurrency'] },
  concurrency: { folder: 'server/concurrency', imports: [] },
  // Measures answers: the features compare versions with it.
  evaluation: { folder: 'evaluation', imports: lower },
  'training engine': {
    folder: 'training',
    imports: ['evaluation', 'typescript client', ...everyFeature, ...lower],
  },
  worker: { folder: 'worker', imports: ['training engine', 'evaluation', ...everyFeature, ...lower] },
  benchmarks: {
    folder: 'benchmarks',
    imports: ['worker', 'training engine', 'evaluation', 'typescript client', 'main', ...server],
  },
  // For other programs too, so it imports nothing of the server.
  'typescript client': { folder: 'clients/typescript', imports: [] },
  'client tests': { folder: 'clients/tests', imports: ['typescript client', 'main', ...server] },
  // The web app uses only three parts of the server: the schema, generated into web/src/graphql, and what also runs in the browser.
  'web app': {
    folder: 'web/src',
    imports: [
      'web session',
      'web ui',
      'web feature',
      'web graphql',
      'web background',
      'image files',
      'decision',
      'pixels',
    ],
  },
  'web feature': {
    folder: 'web/src/features',
    imports: ['web session', 'web ui', 'web graphql', 'web background', 'image files', 'decision', 'pixels'],
  },
  // Runs beside the app, without any of its code.
  'service worker': { folder: 'web/src/service-worker', imports: [] },
  'web session': { folder: 'web/src/session', imports: ['web ui', 'web graphql'] },
  'web ui': { folder: 'web/src/ui', imports: ['web graphql'] },
  'web graphql': { folder: 'web/src/graphql', imports: [] },
  'web background': { folder: 'web/src/background', imports: [] },
  'web tests': {
    folder: 'web/tests',
    imports: ['web app', 'web feature', 'web ui', 'web graphql', 'training engine', 'main', ...server],
  },
};

const importDirection = {
  plugins: { boundaries },
  settings: {
    'import/resolver': { [path.join(import.meta.dirname, 'scripts/resolve-typescript.cjs')]: {} },
    'boundaries/elements': Object.entries(parts)
      .toSorted(([, one], [, other]) => other.folder.length - one.folder.length) // the first match wins: the innermost folder
      .map(([type, { folder }]) => ({ type, pattern: folder, partialMatch: false })),
    'boundaries/files': [
      {
        category: 'known everywhere',
        pattern:
          'server/{config,csv-record,identity-provider-settings,password-rules,promotion-policy,promotion-policy-testing,log,unavailable-error}.ts',
      },
      {
        category: 'tests',
        pattern: '{server,evaluation,training,worker,web}/**/{*.test,testing,testing-server}.{ts,tsx}',
      },
    ],
  },
  rules: {
    'boundaries/no-unknown-files': 'error',
    'boundaries/dependencies': [
      'error',
      {
        default: 'disallow',
        message:
          'Imports point one way (see CONTRIBUTING.md): {{from.element.type}} may not import {{to.element.type}}.',
        policies: [
          { allow: { to: { module: { origin: ['external', 'core'] } } } },
          { allow: { to: { file: { categories: 'known everywhere' } } } },
          // A test may set up what it needs through any part of the server.
          { from: { file: { categories: 'tests' } }, allow: { to: { file: { categories: 'tests' } } } },
          {
            from: { file: { categories: 'tests' } },
            allow: { to: { element: { types: { anyOf: server } } } },
          },
          ...Object.entries(parts).map(([type, { imports }]) => ({
            from: { element: { type } },
            allow: { to: { element: { types: { anyOf: [type, ...imports] } } } },
          })),
        ],
      },
    ],
  },
};

export default defineConfig(
  // Also says which folders no rule looks at.
  { extends: [plainEnglish] },
  {
    files: [
      '{server,evaluation,training,worker,benchmarks,clients,web}/**/*.{ts,tsx}',
      'codegen.ts',
      'prisma.config.ts',
    ],
    extends: [typescript.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['tsconfig.json', 'web/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // Numbers in messages are intended.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // A void return is often written `() => close()`.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-assertions': [
        'error',
        { assertionStyle: 'as', objectLiteralTypeAssertions: 'never' },
      ],
      '@typescript-eslint/no-deprecated': [
        'error',
        // Marked as deprecated as a warning. The settings allow plain HTTP only for a provider on the same machine.
        { allow: [{ from: 'package', package: 'openid-client', name: 'allowInsecureRequests' }] },
      ],
      // TypeGraphQL accepts an object literal as an instance of a type.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // An implementation of an asynchronous interface need not wait for anything.
      '@typescript-eslint/require-await': 'off',
      // TypeGraphQL's types and resolvers are classes because its decorators need some.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
    },
  },
  {
    // Tests check GraphQL responses, which are untyped, with `expect`.
    files: [
      '{server,evaluation,training,worker}/**/{*.test,testing}.ts',
      'clients/tests/**/*.ts',
      'web/tests/**/*.ts',
    ],
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.test.{ts,mjs}', 'server/**/{testing,*.contract}.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'CallExpression[arguments.length=0] > MemberExpression.callee[property.name=/^toThrow(Error)?$/]:not([object.property.name="not"])',
          message: 'Say which error is expected: a part of its message, a pattern or its class.',
        },
      ],
    },
  },
  {
    files: [
      '{server,evaluation,training,worker,benchmarks,clients}/**/*.ts',
      'web/{src,tests}/**/*.{ts,tsx}',
    ],
    ...importDirection,
  },
  {
    // The pixel code also runs in the browser: it imports only its own files, and uses only what the language itself has, and
    // WebAssembly.
    files: ['server/pixels/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-undef': 'error',
      'no-restricted-globals': ['error', 'globalThis'],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^(?!\\./|\\.\\./sums/)', message: 'The pixel code imports only its own files.' },
          ],
        },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'ImportExpression', message: 'The pixel code imports only its own files.' },
      ],
    },
  },
  { files: ['web/src/**/*.{ts,tsx}'], ...reactHooks.configs.flat['recommended-latest'] },
  {
    files: ['web/src/**/*.{ts,tsx}'],
    rules: { 'react-hooks/incompatible-library': 'off' }, // it is about React Compiler, which is not used
  },
);
