import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build, type Plugin, type Rolldown } from 'vite';
import { EDITOR } from './compress-files.js';

const SOURCE = fileURLToPath(new URL('src/service-worker/service-worker.ts', import.meta.url));
/** The worker that classifies on the device, and its WebAssembly: 0.5 MB that most visits do not need. */
const ON_DEVICE = /(device\.worker-.*\.js|\.wasm)$/;
/** Files of `web/public`. */
const PUBLIC = ['manifest.webmanifest', 'icon.svg', 'icon-192.png'];

/**
 * Builds the service worker, which keeps the files of the app for use without a connection, with the list of these files. The page for
 * trying queries is left out: it is large, and needs the API.
 */
export function buildServiceWorker(): Plugin {
  return {
    name: 'build-service-worker',
    apply: 'build',
    async writeBundle({ dir = '' }, bundle) {
      const outputs = Object.values(bundle);
      const names = outputs.filter(isOfApp).map(({ fileName }) => fileName);
      const page = outputs.find(({ fileName }) => fileName === 'index.html');
      const files = [
        { url: './', revision: page?.type === 'asset' ? hashOf(page.source) : null },
        ...PUBLIC.map((url) => ({ url, revision: hashOf(names.join()) })),
        ...names.map((url) => ({ url, revision: null })), // the names have hashes of the content
      ];
      const onDevice = outputs.map(({ fileName }) => fileName).filter((name) => ON_DEVICE.test(name));
      await build({
        configFile: false,
        publicDir: false,
        logLevel: 'warn',
        define: {
          FILES: JSON.stringify(files),
          FILES_ON_DEVICE: JSON.stringify(onDevice),
          'process.env.NODE_ENV': JSON.stringify('production'), // workbox without its messages for developers
        },
        build: {
          outDir: dir,
          emptyOutDir: false,
          lib: {
            entry: SOURCE,
            formats: ['iife'],
            name: 'serviceWorker',
            fileName: () => 'service-worker.js',
          },
        },
      });
    },
  };
}

function isOfApp(output: Rolldown.OutputAsset | Rolldown.OutputChunk): boolean {
  return output.type === 'chunk' && !output.moduleIds.some((id) => EDITOR.test(id));
}

function hashOf(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}
