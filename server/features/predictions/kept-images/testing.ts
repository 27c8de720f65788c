import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Viewer } from '../../../api/context.js';
import type { Config } from '../../../config.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { drawSmear } from '../../../imaging/testing.js';
import { imageKey } from '../../../storage/keys.js';
import { classifyFolder } from '../../bulk/classify-folder.js';
import { runBulkClassification } from '../../bulk/run-bulk-classification.js';
import { imageThumbnail, originalImageFile } from '../../images/image-file.js';
import { registerRandomChampion, registerRandomVersion } from '../../models/testing.js';
import { classifyBytes } from '../testing.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Tests, for any object store, that after each answer the image is stored with the bytes that were sent, even if they were damaged before. */
export function describeKeptImages(name: string, prepare: () => Promise<Partial<Config>>): void {
  describe(`stored images in ${name}`, () => {
    let services: TestServices;
    let viewer: Viewer;
    let otherVersion: { id: string };
    let seed = 100;

    beforeAll(async () => {
      services = await openTestServices(await prepare());
      viewer = await services.createViewer();
      await registerRandomChampion(services.contextOf(viewer), { modelName: 'reference' });
      otherVersion = await registerRandomVersion(services, { modelName: 'other' });
    });
    afterAll(() => services.close());

    const send = (bytes: Uint8Array, modelVersionId: string | null = null) =>
      classifyBytes(services.contextOf(viewer), {
        bytes,
        modelVersionId,
        modelName: null,
        fileName: null,
        caseReference: null,
      });
    const fetched = (bytes: Uint8Array) => originalImageFile(services.contextOf(viewer), sha256(bytes));

    async function flipByte(bytes: Buffer): Promise<void> {
      const flipped = Buffer.from(bytes);
      flipped[200] = (flipped[200] ?? 0) ^ 1;
      await services.store.put(imageKey(sha256(bytes)), flipped);
    }

    /** Object stores cannot remove objects, so the object is emptied. */
    const cut = (bytes: Buffer) => services.store.put(imageKey(sha256(bytes)), new Uint8Array());

    async function answered(): Promise<Buffer> {
      const bytes = await drawSmear({ seed: seed++ }).png().toBuffer();
      await send(bytes);
      return bytes;
    }

    test('are served with their original bytes', async () => {
      const bytes = await answered();
      expect(await fetched(bytes)).toEqual({ bytes, mediaType: 'image/png' });
    });

    test.each([
      ['with a flipped byte', flipByte],
      ['emptied', cut],
    ])('are never given out %s, and are restored by the same image', async (_, damage) => {
      const bytes = await answered();
      await damage(bytes);
      const refusal = {
        message: expect.stringContaining(sha256(bytes)),
        extensions: { code: 'STORED_IMAGE_DAMAGED' },
      };
      await expect(fetched(bytes)).rejects.toMatchObject(refusal);
      await expect(imageThumbnail(services.contextOf(viewer), sha256(bytes), 64)).rejects.toMatchObject(
        refusal,
      );

      const repeat = await send(bytes);
      expect(repeat.repeatOfId).not.toBeNull();
      expect(await fetched(bytes)).toEqual({ bytes, mediaType: 'image/png' });
    });

    test('are restored by a classification with another version', async () => {
      const bytes = await answered();
      await flipByte(bytes);
      const { repeatOfId } = await send(bytes, otherVersion.id);
      expect(repeatOfId).toBeNull();
      expect(await fetched(bytes)).toMatchObject({ bytes });
    });

    test('are restored by concurrent uploads of the same image', async () => {
      const bytes = await answered();
      await cut(bytes);
      await Promise.all(Array.from({ length: 5 }, () => send(bytes)));
      expect(await fetched(bytes)).toMatchObject({ bytes });
    });

    test('are reported when they are missing', async () => {
      const bytes = await drawSmear({ seed: seed++ }).png().toBuffer();
      const facts = { width: 96, height: 96, byteSize: bytes.length, mediaType: 'image/png' };
      await services.database.image.create({ data: { sha256: sha256(bytes), ...facts } });
      await expect(fetched(bytes)).rejects.toMatchObject({
        message: expect.stringMatching(/is missing from the object store.*send the same image again/),
        extensions: { code: 'STORED_IMAGE_MISSING' },
      });
      await send(bytes);
      expect(await fetched(bytes)).toMatchObject({ bytes });
    });

    test('are restored by a bulk classification, also for repeated answers', async () => {
      const images = [await answered(), await drawSmear({ seed: seed++ }).png().toBuffer()];
      const folder = path.join(services.config.ingestRoots[0] ?? '', `bulk-${seed}`);
      await mkdir(folder, { recursive: true });
      for (const [i, bytes] of images.entries()) {
        await writeFile(path.join(folder, `${i}.png`), bytes);
        await flipByte(bytes);
      }
      const source = `file:${folder}`;
      const { bulkClassification } = await classifyFolder(services.contextOf(viewer), { source });
      const attempt = { signal: new AbortController().signal, attempt: 1 };
      await runBulkClassification({ ...services, threads: 1 }, bulkClassification.id, attempt);
      for (const bytes of images) expect(await fetched(bytes)).toMatchObject({ bytes });
    });
  });
}
