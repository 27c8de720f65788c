import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { drawSmear } from '../../../imaging/testing.js';
import { startTcpProxy, type TcpProxy } from '../../../outages/testing.js';
import { unavailableOf } from '../../../outages/unavailable-of.js';
import { createBucket, describeWithS3, type TestS3 } from '../../../storage/testing-s3.js';
import type { Viewer } from '../../../api/context.js';
import { registerRandomChampion } from '../../models/testing.js';
import { classifyBytes } from '../testing.js';
import { DeadlineError } from '../wait-for-dependency.js';
import { describeKeptImages } from './testing.js';

describeWithS3('S3', (s3) => {
  describeKeptImages('an S3 bucket', () => newObjectStore(s3));
  describeOutages(s3);
});

/** The settings of an object store in a new bucket. */
async function newObjectStore(s3: TestS3) {
  return { s3, objectStore: `s3://${await createBucket(s3)}/own` };
}

function describeOutages(s3: TestS3): void {
  describe('an unreachable S3 server', () => {
    let proxy: TcpProxy;
    let services: TestServices;
    let viewer: Viewer;
    let seed = 300;

    beforeAll(async () => {
      proxy = await startTcpProxy(s3.endpoint);
      const endpoint = proxy.through(s3.endpoint).replace(/\/$/, '');
      const config = await newObjectStore({ ...s3, endpoint });
      services = await openTestServices(config);
      viewer = await services.createViewer();
      await registerRandomChampion(services.contextOf(viewer), { modelName: 'reference' });
      await classify();
    });
    afterEach(() => proxy.heal());
    afterAll(async () => {
      await services.close();
      await proxy.close();
    });

    const newImage = () => drawSmear({ seed: seed++ }).png().toBuffer();

    async function classify(bytes?: Buffer, { classifyDeadlineMs } = services.config) {
      const image = bytes ?? (await newImage());
      const nothing = { modelVersionId: null, modelName: null, fileName: null, caseReference: null };
      const config = { ...services.config, classifyDeadlineMs };
      await classifyBytes({ ...services.contextOf(viewer), config }, { bytes: image, ...nothing });
      return image;
    }

    /** The error by a deadline of seconds. On a busy machine, so short a deadline may pass before the image reaches the store. */
    async function errorOf(image: Buffer): Promise<unknown> {
      for (let classifyDeadlineMs = 3_000; ; classifyDeadlineMs *= 2) {
        const error = await classify(image, { ...services.config, classifyDeadlineMs }).then(
          () => null,
          (thrown: unknown) => thrown,
        );
        if (unavailableOf(error)?.dependency === 'object store' || classifyDeadlineMs > 60_000) return error;
      }
    }

    test.each([{ kind: 'silence' }, { kind: 'lose' }, { kind: 'reset' }, { kind: 'refuse' }] as const)(
      'is named UNAVAILABLE by the deadline, and answers resume when it is back: $kind',
      async (fault) => {
        const known = await classify();
        await proxy.set(fault);
        const before = await services.database.prediction.count();
        for (const image of [await newImage(), known]) {
          const error = await errorOf(image);
          expect(unavailableOf(error)).toMatchObject({ dependency: 'object store', outage: 'unreachable' });
          // The client of S3 itself would wait for 20 s.
          const isSilent = fault.kind === 'silence' || fault.kind === 'lose';
          if (isSilent) expect(error).toMatchObject({ cause: expect.any(DeadlineError) });
        }
        expect(await services.database.prediction.count()).toBe(before);
        await proxy.heal();
        await classify();
        await classify(known);
      },
    );

    test('fails the probe', async () => {
      await services.store.probe();
      await proxy.set({ kind: 'silence' });
      const gone = AbortSignal.timeout(1000);
      await expect(services.store.probe(gone)).rejects.toMatchObject({ name: 'TimeoutError' });
      await proxy.heal();
      await services.store.probe();
    });
  });
}
