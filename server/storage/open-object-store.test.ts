import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '../config.js';
import { prepareObjectStore } from './open-object-store.js';

test('a folder that everyone could read is closed to other accounts at the start', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'cytograph-objects-'));
  await chmod(folder, 0o755);
  const store = await prepareObjectStore(loadConfig({ OBJECT_STORE: `file:${folder}` }), []);
  store.close();
  expect((await stat(folder)).mode & 0o777).toBe(0o700);
  await rm(folder, { recursive: true });
});
