import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Logger } from 'pino';
import { z } from 'zod';

const INSTALLER = join(import.meta.dirname, '../../../scripts/install-tensorflow.mjs');

/**
 * Makes sure that the training engine is installed: installs it, or waits for the installation that the server started in
 * the background.
 *
 * @returns null, or a sentence that says why it cannot be installed on this machine
 */
export async function installTensorFlow(log: Logger, signal: AbortSignal): Promise<string | null> {
  if (isTensorFlowInstalled()) return null;
  log.info('TensorFlow is not installed yet: the run waits for its installation');
  try {
    await promisify(execFile)(process.execPath, [INSTALLER], { signal });
    return null;
  } catch (error) {
    signal.throwIfAborted();
    log.error({ err: error }, 'TensorFlow could not be installed');
    return reasonOf(error);
  }
}

/** The installer's first line on standard error says what was wrong. */
function reasonOf(error: unknown): string {
  const { stderr } = z.object({ stderr: z.string() }).catch({ stderr: '' }).parse(error);
  return /\S.*/.exec(stderr)?.[0] ?? (error instanceof Error ? error.message : String(error));
}

/** Whether the training engine is installed. */
export function isTensorFlowInstalled(): boolean {
  const require = createRequire(import.meta.url);
  // The installer moves `lib` to its place last, so if it exists, the engine is complete.
  return existsSync(join(dirname(require.resolve('@tensorflow/tfjs-node/package.json')), 'lib'));
}
