// The Debian package poppler-utils, whose pdftotext and pdfinfo read the PDFs of reports in tests.
//   node scripts/pdf-tools.mjs install   installs the package (as root, with apt)
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProgress, explain, runQuietly } from './progress.mjs';

/** The program pdftotext; undefined where it is not installed. */
export function findPdfToText() {
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, 'pdftotext'))
    .find((file) => fs.existsSync(file));
}

async function install() {
  if (findPdfToText()) return;
  const apt = (...args) =>
    runQuietly('apt-get', ['-q', ...args], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      remedy: 'install poppler-utils yourself, or go without it: the tests that need it are then skipped.',
    });
  await createProgress().step('Installing poppler-utils', async () => {
    await apt('update');
    await apt('install', '-y', '--no-install-recommends', 'poppler-utils');
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command] = process.argv.slice(2);
  try {
    if (command !== 'install') throw new Error('Usage: node scripts/pdf-tools.mjs install');
    await install();
  } catch (error) {
    explain(error);
    process.exitCode = 1;
  }
}
