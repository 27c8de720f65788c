import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { buildServiceWorker } from './build-service-worker.js';
import { compileAtOnce } from './compile-at-once.js';
import { compressFiles } from './compress-files.js';
import { inlineDocuments } from './inline-documents.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const api = `http://127.0.0.1:${process.env.PORT ?? 4000}`;

export default defineConfig({
  root: here('.'),
  base: './', // relative to the page's <base>, which each server fills in
  cacheDir: here('../.cache/vite'),
  plugins: [inlineDocuments(), react(), compileAtOnce(), compressFiles(), buildServiceWorker()],
  worker: {
    format: 'es',
    // The server allows only this worker to compile WebAssembly, by its name.
    rolldownOptions: { output: { entryFileNames: 'assets/[name]-[hash].js' } },
  },
  build: {
    outDir: here('../dist/app'),
    emptyOutDir: true,
    sourcemap: false,
    rolldownOptions: {
      output: {
        // What the first page needs is one file: many small ones compress less well, and each is a request.
        codeSplitting: { groups: [{ name: 'start', tags: ['$initial'] }] },
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
