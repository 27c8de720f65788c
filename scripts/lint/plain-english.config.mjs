// Reports avoided phrases in every text of the project. Part of eslint.config.js, and quick on its own:
//   npx eslint -c scripts/lint/plain-english.config.mjs FILE…
import { defineConfig, globalIgnores } from 'eslint/config';
import typescript from 'typescript-eslint';
import english from './plain-english.mjs';

const plainEnglish = { plugins: { english }, rules: { 'english/phrases': 'error' } };

export default defineConfig(
  globalIgnores([
    '**/dist/',
    'data/',
    '.cache/',
    'coverage/',
    'server/database/generated/',
    'web/src/graphql/',
    'clients/typescript/generated/',
    'prisma/migrations/', // Prisma refuses an applied migration that has changed
  ]),
  {
    files: ['**/*.{ts,tsx,js,mjs,cjs}'],
    ignores: ['scripts/lint/avoided-phrases.mjs', 'scripts/lint/plain-english.test.mjs'],
    languageOptions: { parser: typescript.parser },
    ...plainEnglish,
  },
  {
    files: [
      '**/*.{md,graphql,prisma,sql,yml,html,css,conf,sh,py}',
      '.env.example',
      '.ci/run',
      '.npmrc',
      '.prettierignore',
    ],
    ignores: ['server/graphql/contract.graphql'], // a fixed copy of the contract
    language: 'english/text',
    ...plainEnglish,
  },
);
