// A separate Python environment in .cache with packages from PyPI, for programs that tests run.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { createProgress, explain, runQuietly } from './progress.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const INSTALL_MS = 20 * 60_000;

/**
 * The environment below `.cache/NAME`. `requirements` is the path of its list of packages in the repository, and `title` the name of
 * the program, for messages.
 */
export function pythonEnvironment({ name, title, requirements }) {
  const folder = path.join(ROOT, '.cache', name);
  const wanted = path.join(ROOT, requirements);
  /** A copy of the requirements, written last: if it is missing or differs, the environment is incomplete. */
  const installed = path.join(folder, 'installed.txt');
  const isInstalled = () =>
    fs.existsSync(installed) && fs.readFileSync(installed).equals(fs.readFileSync(wanted));

  async function install() {
    if (isInstalled()) return;
    await createProgress().step(`Installing ${title}`, async () => {
      const remedy = `install Python 3.11 or newer and allow access to PyPI. Otherwise, the tests that need ${title} are skipped.`;
      const run = (program, ...args) => runQuietly(program, args, { timeoutMs: INSTALL_MS, remedy });
      fs.rmSync(folder, { recursive: true, force: true });
      await run('python3', '-m', 'venv', folder);
      const pip = path.join(folder, 'bin/pip');
      await run(pip, 'install', '--quiet', '--disable-pip-version-check', '-r', wanted);
      fs.copyFileSync(wanted, installed);
    });
  }

  /** The command line `node scripts/NAME.mjs install`. */
  async function runCommand() {
    const [command] = process.argv.slice(2);
    try {
      if (command !== 'install') throw new Error(`Usage: node scripts/${name}.mjs install`);
      await withLock(path.join(ROOT, `.cache/${name}.lock`), install);
    } catch (error) {
      explain(error);
      process.exitCode = 1;
    }
  }

  return { isInstalled, runCommand };
}
