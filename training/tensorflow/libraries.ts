import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { env as onnxruntime } from 'onnxruntime-node';
import sharp from 'sharp';
import type { TensorFlow } from './tensorflow.js';

/** The versions of the libraries that affect a model's numbers. */
export function libraryVersions(tf: TensorFlow): Record<string, string> {
  return {
    'tfjs-node': tf.version['tfjs-node'],
    onnxruntime: onnxruntime.versions.common,
    sharp: sharp.versions.sharp,
    libvips: sharp.versions.vips,
  };
}

/** The Git revision of the code that runs, marked where files were changed since; null outside of a clone. */
export async function codeRevision(): Promise<string | null> {
  const describe = ['describe', '--always', '--dirty', '--abbrev=40', '--match='];
  try {
    const { stdout } = await promisify(execFile)('git', describe, { cwd: import.meta.dirname });
    return stdout.trim();
  } catch {
    return null;
  }
}
