import boundaries from 'eslint-plugin-boundaries';
import { defineConfig, globalIgnores } from 'eslint/config';
import reactHooks from 'eslint-plugin-react-hooks';
import typescript from 'typescript-eslint';

// Rooms, and which rooms each may import from. Every arrow points down; within its room a file imports what it likes.
const rooms = {
  main: { folder: 'server', imports: ['http', 'graphql', 'feature', 'api', 'foundation'] },
  http: { folder: 'server/http', imports: ['graphql', 'feature', 'api', 'foundation'] },
  graphql: { folder: 'server/graphql', imports: ['feature', 'api', 'foundation'] },
  feature: { folder: 'server/features', imports: ['api', 'foundation'] },
  api: { folder: 'server/api', imports: ['foundation'] },
  foundation: {
    folder: ['inference', 'imaging', 'artifact', 'storage', 'database', 'jobs', 'outages'].map(
      (name) => `server/${name}`,
    ),
    imports: [],
  },
  training: { folder: 'training', imports: ['feature', 'api', 'foundation'] },
  benchmarks: {
    folder: 'benchmarks',
    imports: ['training', 'main', 'http', 'graphql', 'feature', 'api', 'foundation'],
  },
  web: { folder: 'web/src', imports: [] }, // of the server it knows the schema alone, generated into web/src/graphql
  'web tests': { folder: 'web/tests', imports: ['web', 'training', 'main', 'http', 'feature', 'foundation'] },
};

const importDirection = {
  plugins: { boundaries },
  settings: {
    'import/resolver': { './scripts/resolve-typescript.cjs': {} },
    'boundaries/elements': Object.entries(rooms)
      .reverse() // the first that fits counts, and 'server' fits all of its rooms
      .flatMap(([type, { folder }]) =>
        [folder].flat().map((pattern) => ({ type, pattern, partialMatch: false })),
      ),
    'boundaries/files': [
      { category: 'settings and log', pattern: 'server/{config,promotion-policy,log}.ts' },
      { category: 'tests', pattern: '{server,training,web}/**/{*.test,testing}.{ts,tsx}' },
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
          { allow: { to: { file: { categories: 'settings and log' } } } },
          // A test of a feature runs operations through the whole schema.
          { from: { file: { categories: 'tests' } }, allow: { to: { file: { categories: 'tests' } } } },
          ...Object.entries(rooms).map(([type, { imports }]) => ({
            from: { element: { type } },
            allow: { to: { element: { types: { anyOf: [type, ...imports] } } } },
          })),
        ],
      },
    ],
  },
};

export default defineConfig(
  globalIgnores(['dist/', 'data/', '.cache/', 'coverage/', 'server/database/generated/', 'web/src/graphql/']),
  {
    files: ['{server,training,benchmarks,web}/**/*.{ts,tsx}', 'codegen.ts', 'prisma.config.ts'],
    extends: [typescript.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['tsconfig.json', 'web/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // Numbers in messages are the rule here, not the slip.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // A resolver or a handler is passed to what awaits it, a void return is often spelt `() => close()`.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-assertions': [
        'error',
        { assertionStyle: 'as', objectLiteralTypeAssertions: 'never' },
      ],
      // An object literal is as good an instance of a TypeGraphQL type as one made with `new`.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // An implementation of an asynchronous interface need not wait for anything.
      '@typescript-eslint/require-await': 'off',
      // TypeGraphQL's types and resolvers are classes because its decorators need some.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
    },
  },
  {
    // What GraphQL answers is looked into by `expect`, which says what is wrong with it.
    files: ['{server,training}/**/{*.test,testing}.ts', 'web/tests/**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  { files: ['{server,training,benchmarks}/**/*.ts', 'web/{src,tests}/**/*.{ts,tsx}'], ...importDirection },
  { files: ['web/src/**/*.{ts,tsx}'], ...reactHooks.configs.flat['recommended-latest'] },
);
