// nginx, for the tests of requests through a proxy, from Debian's packages.
//   node scripts/nginx.mjs install   installs the package (as root, with apt)
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProgress, explain, runQuietly } from './progress.mjs';

const PACKAGE = 'nginx-light';

/** The path of nginx on this machine; null if it is not installed. */
export function findNginx() {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin'];
  return folders.map((folder) => path.join(folder, 'nginx')).find((file) => fs.existsSync(file)) ?? null;
}

async function install() {
  if (findNginx()) return;
  const apt = (...args) =>
    runQuietly('apt-get', ['-q', ...args], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      remedy: `install ${PACKAGE} yourself, or go without it: the tests through a proxy are then skipped.`,
    });
  await createProgress().step('Installing nginx', async () => {
    await apt('update');
    await apt('install', '-y', '--no-install-recommends', PACKAGE);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command] = process.argv.slice(2);
  try {
    if (command !== 'install') throw new Error('Usage: node scripts/nginx.mjs install');
    await install();
  } catch (error) {
    explain(error);
    process.exitCode = 1;
  }
}
