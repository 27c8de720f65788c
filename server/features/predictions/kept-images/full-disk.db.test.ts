import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Viewer } from '../../../api/context.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { drawSmear } from '../../../imaging/testing.js';
import { unavailableOf } from '../../../outages/unavailable-of.js';
import { registerRandomChampion } from '../../models/testing.js';
import { classifyBytes } from '../testing.js';

/** A disk of 4 MB; null if the user may not mount one. */
function mountSmallDisk(): string | null {
  const folder = mkdtempSync(path.join(tmpdir(), 'cytograph-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    return null;
  }
}

const disk = mountSmallDisk();

if (disk === null) {
  it.skip('a full disk (a small file system cannot be mounted here: it takes root on Linux)', () => {});
} else {
  describeFullDisk(disk);
}

function describeFullDisk(folder: string): void {
  describe('a full disk of the object store', () => {
    const filler = path.join(folder, 'filler');
    let services: TestServices;
    let viewer: Viewer;
    let seed = 500;

    beforeAll(async () => {
      services = await openTestServices({ objectStore: `file:${folder}/objects` });
      viewer = await services.createViewer();
      await registerRandomChampion(services.contextOf(viewer), { modelName: 'reference' });
      await classify();
    });
    afterAll(async () => {
      await services.close();
      execFileSync('umount', [folder]);
      await rmdir(folder);
    });

    async function classify() {
      const bytes = await drawSmear({ seed: seed++ }).png().toBuffer();
      const nothing = { modelVersionId: null, modelName: null, fileName: null, caseReference: null };
      return classifyBytes(services.contextOf(viewer), { bytes, ...nothing });
    }

    const fill = () => writeFile(filler, Buffer.alloc(4 * 1024 * 1024)).catch(() => undefined); // until the disk is full

    async function files() {
      const entries = await readdir(path.join(folder, 'objects'), { recursive: true, withFileTypes: true });
      return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
    }

    test('is reported, leaves no partial files, and classification works again when there is space', async () => {
      await fill();
      const before = { files: await files(), predictions: await services.database.prediction.count() };
      const error = await classify().then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(unavailableOf(error)).toMatchObject({
        dependency: 'object store',
        outage: 'full',
        message: expect.stringContaining('The disk of the object store is full.'),
      });
      await expect(services.store.probe()).rejects.toMatchObject({ reason: 'FULL' });
      expect({ files: await files(), predictions: await services.database.prediction.count() }).toEqual(
        before,
      );

      await rm(filler);
      await services.store.probe();
      await classify();
      expect(await files()).toHaveLength(before.files.length + 1);
    });

    test('is reported if it is mounted read-only', async () => {
      const remount = (how: string) => execFileSync('mount', ['-o', `remount,${how}`, folder]);
      remount('ro');
      try {
        const error = await classify().then(
          () => null,
          (thrown: unknown) => thrown,
        );
        expect(unavailableOf(error)).toMatchObject({ dependency: 'object store', outage: 'read-only' });
        await expect(services.store.probe()).rejects.toMatchObject({ reason: 'READ_ONLY' });
      } finally {
        remount('rw');
      }
      await classify();
    });
  });
}
