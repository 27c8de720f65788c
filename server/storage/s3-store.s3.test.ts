import { randomBytes, randomUUID } from 'node:crypto';
import type { S3Settings } from '../config.js';
import { runInProcess, specifier } from '../process/testing.js';
import { encryptObjects } from './encrypted-store.js';
import { KeyRing } from './encryption.js';
import { openObjectStore, prepareObjectStore } from './open-object-store.js';
import { describeObjectStore, failureOf } from './object-store.contract.js';
import { openS3Store } from './s3-store.js';
import {
  createBucket,
  describeWithS3,
  removeBucket,
  setVersioning,
  type TestS3,
  versionsIn,
  withWrongSecret,
} from './testing-s3.js';

describeWithS3('S3', (s3) => {
  describeObjectStore('an S3 bucket', () => openTestBucket(s3, ''));
  describeObjectStore('a prefix of an S3 bucket', () => openTestBucket(s3, 'some where/ünder'));
  describeObjectStore('an encrypted S3 bucket', async () => {
    const bucket = await openTestBucket(s3, 'prefix');
    return { ...bucket, store: encryptObjects(bucket.store, new KeyRing([randomBytes(32)])) };
  });
  describeFailures(s3);
});

async function openTestBucket(settings: S3Settings, prefix: string) {
  const bucket = await createBucket(settings);
  return {
    store: openObjectStore(`s3://${bucket}/${prefix}`, settings),
    remove: () => removeBucket(settings, bucket),
  };
}

function describeFailures(settings: TestS3): void {
  describe('an S3 store', () => {
    let bucket: string;

    beforeEach(async () => (bucket = await createBucket(settings)));
    afterEach(() => removeBucket(settings, bucket));

    it('lists only objects below its prefix, with keys relative to it', async () => {
      const whole = openS3Store(bucket, '', settings);
      for (const key of ['in/a', 'in/b/c', 'inner/a', 'a']) await whole.put(key, Buffer.from(key));
      const below = openS3Store(bucket, 'in', settings);
      const keys: string[] = [];
      for await (const { key } of below.list('')) keys.push(key);
      expect(keys).toEqual(['a', 'b/c']);
      expect((await below.get('a')).toString()).toBe('in/a');
      expect(below.uri('a')).toBe(`s3://${bucket}/in/a`);
    });

    it('lists the empty objects that represent folders below the prefix, but not that of the prefix', async () => {
      const store = openS3Store(bucket, 'in', settings);
      const whole = openS3Store(bucket, '', settings);
      for (const key of ['in/', 'in/b/']) await whole.put(key, new Uint8Array());
      await store.put('b/c', Buffer.from('x'));
      const keys: string[] = [];
      for await (const { key } of store.list('')) keys.push(key);
      expect(keys).toEqual(['b/', 'b/c']);
    });

    it('deletes every version of an object in a bucket with versions', async () => {
      await setVersioning(settings, bucket, 'Enabled');
      const store = openS3Store(bucket, 'in', settings);
      for (const text of ['first', 'second', 'third']) await store.put('a', Buffer.from(text));
      await store.put('ab', Buffer.from('other'));
      await store.delete('a');
      expect(await versionsIn(settings, bucket)).toEqual(['in/ab']);
      await store.delete('ab');
      await setVersioning(settings, bucket, 'Suspended');
      await store.put('a', Buffer.from('fourth'));
      await store.delete('a');
      expect(await versionsIn(settings, bucket)).toEqual([]);
    });

    it('is ready while empty', async () => {
      await expect(openS3Store(bucket, 'nothing/here', settings).probe()).resolves.toBeUndefined();
      await expect(
        prepareObjectStore({ objectStore: `s3://${bucket}`, s3: settings, encryptionKeys: [] }, []),
      ).resolves.toMatchObject({
        root: `s3://${bucket}/`,
      });
    });

    it('reports that a bucket does not exist', async () => {
      const store = openS3Store(`missing-${randomUUID()}`, '', settings);
      const first = store.list('')[Symbol.asyncIterator]();
      for (const call of [
        () => store.probe(),
        () => store.get('a'),
        () => store.put('a', Buffer.from('x')),
        () => store.putOnce('a', Buffer.from('x')),
        () => first.next(),
      ])
        expect(await failureOf(call())).toMatchObject({
          reason: 'NO_SUCH_BUCKET',
          message: expect.stringContaining('has no bucket'),
        });
    });

    it.each([
      ['an unknown key', { accessKeyId: 'nobody', secretAccessKey: 'x' }, 'AWS_ACCESS_KEY_ID'],
      ['a wrong secret', withWrongSecret(settings).credentials, 'AWS_SECRET_ACCESS_KEY'],
    ])('reports that access is denied for %s', async (_, credentials, named) => {
      const store = openS3Store(bucket, '', { ...settings, credentials });
      for (const call of [() => store.probe(), () => store.get('a'), () => store.put('a', Buffer.from('x'))])
        expect(await failureOf(call())).toMatchObject({
          reason: 'ACCESS_DENIED',
          message: expect.stringContaining(named),
        });
      expect(await failureOf(store.stat('a'))).toMatchObject({ reason: 'ACCESS_DENIED' });
    });

    it('reports missing credentials', async () => {
      const elsewhere = {
        AWS_EC2_METADATA_DISABLED: 'true',
        AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
        AWS_CONFIG_FILE: '/nowhere',
      };
      expect(await probeElsewhere({ ...settings, credentials: null }, elsewhere)).toEqual({
        reason: 'NO_CREDENTIALS',
        message: expect.stringContaining('Set AWS_ACCESS_KEY_ID'),
      });
    });

    it.each([
      ['http://127.0.0.1:1', 'ECONNREFUSED'],
      ['http://nowhere.invalid', 'cannot be reached'],
    ])('reports that there is no server at %s', async (wrong, named) => {
      expect(await probeElsewhere({ ...settings, endpoint: wrong })).toEqual({
        reason: 'UNREACHABLE',
        message: expect.stringContaining(named),
      });
    });
  });
}

/** Runs in a separate process: in Jest's realm, errors are not instances of the SDK's `Error`, so it keeps only their text. */
function probeElsewhere(settings: S3Settings, env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const program = `
    import { openS3Store } from ${specifier('./s3-store.js', import.meta.url)};
    const store = openS3Store('bucket', '', ${JSON.stringify(settings)});
    const error = await store.probe().catch((reason) => reason);
    report({ reason: error.reason, message: error.message });`;
  return runInProcess(program, { env });
}
