import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';
import { buildServiceWorker } from './build-service-worker.js';
import { compileAtOnce } from './compile-at-once.js';
import { compressFiles } from './compress-files.js';
import { inlineDocuments } from './inline-documents.js';
import { preloadStart } from './preload-start.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const api = `http://127.0.0.1:${process.env.PORT ?? 4000}`;

/**
 * What is one file. Each takes also what its modules import, unless an earlier file has it. The first page needs the first three: `first` asks
 * for other things while the two large ones arrive, which run one after the other. The rest is what many pages share: alone, most of these
 * modules would be files of less than 1 kB, which compress badly and are one request each.
 */
const files = [
  { name: 'first', test: /\/web\/src\/main\.ts$/ },
  { name: 'start-libraries', test: /\/node_modules\/react-dom\/|\/web\/src\/app\/apollo-client\.ts$/ },
  {
    name: 'start',
    test: /\/web\/src\/(app\/start-app|ui\/not-a-medical-device)\.tsx$|\/@mui\/material\/useMediaQuery\//,
  },
  {
    name: 'fields',
    test: /\/@mui\/material\/(TextField|MenuItem)\/|\/web\/src\/ui\/[\w-]*(field|fields|dialog)\.tsx$/,
  },
  { name: 'dialogs', test: /\/@mui\/material\/Dialog/ },
  { name: 'tables', test: /\/@mui\/material\/Table/ },
  { name: 'ui', test: /\/web\/src\/ui\//, minShareCount: 4 },
  { name: 'answers', test: /\/web\/src\/features\/(predictions|reviews)\//, minShareCount: 4 },
];

export default defineConfig({
  root: here('.'),
  base: './', // relative to the page's <base>, which each server fills in
  cacheDir: here('../.cache/vite'),
  plugins: [
    inlineDocuments(),
    react(),
    preloadStart(),
    compileAtOnce(),
    compressFiles(),
    buildServiceWorker(),
  ],
  resolve: { conditions: ['es2015', ...defaultClientConditions] }, // RxJS without what it needs for older browsers
  worker: {
    format: 'es',
    // The server allows two workers to compile WebAssembly, by their names.
    rolldownOptions: { output: { entryFileNames: 'assets/[name]-[hash].js' } },
  },
  build: {
    outDir: here('../dist/app'),
    emptyOutDir: true,
    sourcemap: false,
    modulePreload: { polyfill: false }, // the browsers that can run the app know it
    rolldownOptions: {
      output: {
        codeSplitting: { groups: files },
      },
    },
  },
  server: {
    // What the API answers; everything else is the app's.
    proxy: {
      '/graphql': { target: api, ws: true },
      '/files': api,
      '/predict': api,
    },
  },
});
