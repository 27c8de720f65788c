// Debian packages for the fault tests: libfaketime sets a process's clock, and PgBouncer pools connections.
//   node scripts/fault-tools.mjs install   installs the packages (as root, with apt)
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProgress, explain, runQuietly } from './progress.mjs';

const PACKAGES = ['libfaketime', 'pgbouncer'];

/** The library to preload into a process whose clock a test sets; undefined where it is not installed. */
export function findLibfaketime() {
  const folders = fs.existsSync('/usr/lib')
    ? fs.readdirSync('/usr/lib').map((name) => `/usr/lib/${name}`)
    : [];
  return folders
    .map((folder) => path.join(folder, 'faketime/libfaketimeMT.so.1'))
    .find((file) => fs.existsSync(file));
}

/** The program PgBouncer; undefined where it is not installed. */
export function findPgBouncer() {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin'];
  return folders.map((folder) => path.join(folder, 'pgbouncer')).find((file) => fs.existsSync(file));
}

async function install() {
  if (findLibfaketime() && findPgBouncer()) return;
  const apt = (...args) =>
    runQuietly('apt-get', ['-q', ...args], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      remedy: `install ${PACKAGES.join(' and ')} yourself, or go without them: the tests that need them are then skipped.`,
    });
  await createProgress().step('Installing libfaketime and PgBouncer', async () => {
    await apt('update');
    await apt('install', '-y', '--no-install-recommends', ...PACKAGES);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command] = process.argv.slice(2);
  try {
    if (command !== 'install') throw new Error('Usage: node scripts/fault-tools.mjs install');
    await install();
  } catch (error) {
    explain(error);
    process.exitCode = 1;
  }
}
