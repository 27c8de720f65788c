import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

/** In bytes. Shorter files fit into one packet. */
const SHORTEST = 1_400;
const TEXT = /\.(js|css|svg|ttf|json|wasm)$/;
/** Brotli's quality for large files, of 11. */
const QUICK = 5;
/** Parts of the page for trying queries: 8 MB, which would take a minute at the highest quality. */
export const EDITOR = /\/node_modules\/(monaco-editor|monaco-graphql|graphiql|@graphiql|prettier)\//;

/** Writes each text file of the build also as Brotli (`.br`) and gzip (`.gz`), for the server to send. */
export function compressFiles(): Plugin {
  return {
    name: 'compress-files',
    apply: 'build',
    async writeBundle({ dir = '' }, bundle) {
      const outputs = Object.values(bundle).filter(({ fileName }) => TEXT.test(fileName));
      await Promise.all(
        outputs.map((output) => {
          const isOfApp = output.type === 'chunk' && !output.moduleIds.some((id) => EDITOR.test(id));
          const quality = isOfApp ? constants.BROTLI_MAX_QUALITY : QUICK;
          return compressFile(path.join(dir, output.fileName), quality);
        }),
      );
    },
  };
}

async function compressFile(file: string, quality: number): Promise<void> {
  const content = await readFile(file);
  if (content.length < SHORTEST) return;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  const [brotli, gzipped] = await Promise.all([
    promisify(brotliCompress)(content, { params }),
    promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION }),
  ]);
  await Promise.all([writeFile(`${file}.br`, brotli), writeFile(`${file}.gz`, gzipped)]);
}
