// The newest Node version that Cytograph is tested with, for the test that trains on it: from the npm registry, in .cache.
//   node scripts/node-24.mjs install
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { createProgress, explain, runQuietly, StepError } from './progress.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = path.join(ROOT, '.cache/node-24');
const VERSION = '24.21.0'; // has a package for each of these platforms
const PACKAGE = `node-${process.platform}-${process.arch}`;
const PLATFORMS = ['linux-x64', 'linux-arm64'];

/** The path of the program, which may not exist. */
export const node24 = path.join(FOLDER, 'node_modules', PACKAGE, 'bin/node');

/** Whether the program is installed in the right version. */
export function isInstalled() {
  const about = path.join(FOLDER, 'node_modules', PACKAGE, 'package.json');
  return (
    fs.existsSync(node24) &&
    fs.existsSync(about) &&
    JSON.parse(fs.readFileSync(about, 'utf8')).version === VERSION
  );
}

async function install() {
  if (isInstalled()) return;
  if (!PLATFORMS.includes(`${process.platform}-${process.arch}`)) {
    throw new StepError(
      `There is no npm package of Node ${VERSION} for ${process.platform} on ${process.arch}.`,
      {
        remedy: 'nothing: the test that needs it is skipped on this platform.',
      },
    );
  }
  await createProgress().step(`Installing Node ${VERSION}`, async () => {
    fs.rmSync(FOLDER, { recursive: true, force: true });
    fs.mkdirSync(FOLDER, { recursive: true });
    const args = ['install', '--prefix', FOLDER, '--no-save', '--no-package-lock', `${PACKAGE}@${VERSION}`];
    await runQuietly('npm', [...args, '--ignore-scripts', '--loglevel=error'], {
      cwd: FOLDER,
      remedy: 'allow access to the npm registry. Without Node 24, the test that trains on it is skipped.',
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command] = process.argv.slice(2);
  try {
    if (command !== 'install') throw new Error('Usage: node scripts/node-24.mjs install');
    await withLock(path.join(ROOT, '.cache/node-24.lock'), install);
  } catch (error) {
    explain(error);
    process.exitCode = 1;
  }
}
