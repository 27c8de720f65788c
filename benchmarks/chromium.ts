import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHE = fileURLToPath(new URL('../../.cache/', import.meta.url));

/** Chromium in a container, where its sandbox cannot start. */
export const CHROMIUM_ARGUMENTS = ['--no-sandbox', '--disable-dev-shm-usage'];

/** The Chromium of the browser tests, which scripts/chromium.mjs unpacks. */
export async function findChromium(): Promise<string> {
  const folder = (await readdir(CACHE)).find((name) => /^chromium-[\d.]+$/.test(name));
  if (!folder) throw new Error('Chromium is missing: run a browser test first, which unpacks it.');
  return path.join(CACHE, folder, 'launch');
}
