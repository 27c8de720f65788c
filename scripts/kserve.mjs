// KServe's model server, for the tests of the Open Inference Protocol: a separate Python environment in .cache, from PyPI.
//   node scripts/kserve.mjs install
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { createProgress, explain, runQuietly } from './progress.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = path.join(ROOT, '.cache/kserve');
const REQUIREMENTS = path.join(ROOT, 'deploy/open-inference/requirements.txt');
/** A copy of the requirements, written last: if it is missing or differs, the environment is incomplete. */
const INSTALLED = path.join(FOLDER, 'installed.txt');
const INSTALL_MS = 20 * 60_000;

/** Whether the environment exists and matches the requirements. */
export function isInstalled() {
  return fs.existsSync(INSTALLED) && fs.readFileSync(INSTALLED).equals(fs.readFileSync(REQUIREMENTS));
}

async function install() {
  if (isInstalled()) return;
  await createProgress().step('Installing KServe', async () => {
    const run = (program, ...args) =>
      runQuietly(program, args, {
        timeoutMs: INSTALL_MS,
        remedy:
          'install Python 3.11 or newer and allow access to PyPI. Otherwise, the tests that need KServe are skipped.',
      });
    fs.rmSync(FOLDER, { recursive: true, force: true });
    await run('python3', '-m', 'venv', FOLDER);
    await run(
      path.join(FOLDER, 'bin/pip'),
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '-r',
      REQUIREMENTS,
    );
    fs.copyFileSync(REQUIREMENTS, INSTALLED);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command] = process.argv.slice(2);
  try {
    if (command !== 'install') throw new Error('Usage: node scripts/kserve.mjs install');
    await withLock(path.join(ROOT, '.cache/kserve.lock'), install);
  } catch (error) {
    explain(error);
    process.exitCode = 1;
  }
}
