import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from 'pino';

const INSTALLER = join(import.meta.dirname, '../../scripts/install-tensorflow.mjs');

/**
 * Sees to it that the training engine is there: installs it, or waits for the installation that is under way (the server
 * starts one in the background). False when it cannot be had on this machine; the log then says why.
 */
export async function installTensorFlow(log: Logger, signal: AbortSignal): Promise<boolean> {
  if (isTensorFlowInstalled()) return true;
  log.info('TensorFlow is not installed yet: the run waits for its installation');
  try {
    await promisify(execFile)(process.execPath, [INSTALLER], { signal });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    log.error({ err: error }, 'TensorFlow could not be installed');
    return false;
  }
}

/** Whether the training engine is there. */
export function isTensorFlowInstalled(): boolean {
  const require = createRequire(import.meta.url);
  // The installer puts `lib` in its place last: with it, all of the engine is there.
  return existsSync(join(dirname(require.resolve('@tensorflow/tfjs-node/package.json')), 'lib'));
}
