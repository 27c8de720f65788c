import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { failureOf } from './object-store.contract.js';
import type { ObjectStoreFailure } from './object-store.js';
import { explainS3Failure } from './s3-failures.js';
import { openS3Store } from './s3-store.js';
import {
  answerListing,
  answerObject,
  refuse,
  type S3Script,
  type ScriptedS3,
  startScriptedS3,
} from './testing.js';

const image = randomBytes(5000);
const objects = ['a/1', 'a/2', 'b/3'].map((key) => ({ key, byteSize: image.length }));

/** A bucket that lists and returns its objects, except for requests that `exception` answers (then it returns true). */
const bucketBut =
  (exception: (...given: Parameters<S3Script>) => boolean): S3Script =>
  (request, response) => {
    if (exception(request, response)) return;
    if (request.kind === 'list') answerListing(response, objects);
    else if (request.method === 'PUT') response.writeHead(200, { etag: '"e"' }).end();
    else answerObject(response, image);
  };
const refusing =
  (...given: [status: number, code: string, message: string, headers?: Record<string, string>]): S3Script =>
  (_, response) =>
    refuse(response, ...given);
const page =
  (status: number): S3Script =>
  (_, response) =>
    void response
      .writeHead(status, { 'content-type': 'text/html' })
      .end('<html><title>Guest network: sign in</title></html>');

let s3: ScriptedS3;
const start = async (scripts: Record<string, S3Script>) => (s3 = await startScriptedS3(scripts));
afterEach(() => s3.close());
const open = (bucket: string, settings = s3.settings) => openS3Store(bucket, '', settings);
const keysOf = async (bucket: string) => {
  const keys: string[] = [];
  for await (const { key } of open(bucket).list('')) keys.push(key);
  return keys;
};

describe('a bucket that cannot be used', () => {
  const region = { 'x-amz-bucket-region': 'eu-central-1' };
  it.each<[string, S3Script, ObjectStoreFailure, RegExp[]]>([
    [
      'an expired token',
      refusing(400, 'ExpiredToken', 'The provided token has expired.'),
      'ACCESS_DENIED',
      [/temporary credentials .* have expired/, /aws sso login/],
    ],
    [
      'an expired token with status 403',
      refusing(403, 'ExpiredToken', 'expired'),
      'ACCESS_DENIED',
      [/temporary credentials .* have expired/],
    ],
    [
      'a token of other keys',
      refusing(400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.'),
      'ACCESS_DENIED',
      [/does not accept the session token in AWS_SESSION_TOKEN/],
    ],
    [
      'a clock that is wrong',
      refusing(403, 'RequestTimeTooSkewed', 'The difference is too large.'),
      'ACCESS_DENIED',
      [/clock differs too much/],
    ],
    [
      'another region (301)',
      refusing(
        301,
        'PermanentRedirect',
        'The bucket must be addressed using the specified endpoint.',
        region,
      ),
      'OTHER',
      [/not in the region 'us-east-1' but in 'eu-central-1'/, /AWS_REGION=eu-central-1/],
    ],
    [
      'another region (the signature)',
      refusing(
        400,
        'AuthorizationHeaderMalformed',
        "the region 'us-east-1' is wrong; expecting 'eu-central-1'",
      ),
      'OTHER',
      [/AWS_REGION=eu-central-1/],
    ],
    [
      'another region (the location)',
      refusing(400, 'IllegalLocationConstraintException', 'incompatible for the region specific endpoint'),
      'OTHER',
      [/Set AWS_REGION to the region of the bucket/],
    ],
    ['a page of the network', page(200), 'UNREACHABLE', [/web page .*Guest network: sign in/, /S3_ENDPOINT/]],
    ['a page that forbids', page(403), 'UNREACHABLE', [/web page .*Guest network: sign in/]],
    [
      'a bucket whose reader pays',
      bucketBut(({ headers }, response) => {
        if (headers['x-amz-request-payer'] === 'requester') return false;
        refuse(response, 403, 'AccessDenied', 'Access Denied');
        return true;
      }),
      'ACCESS_DENIED',
      [/requester-pays bucket/, /S3_REQUESTER_PAYS=true/],
    ],
    ['no rights', refusing(403, 'AccessDenied', 'Access Denied'), 'ACCESS_DENIED', [/s3:ListBucket/]],
    ['an old protocol', refusing(501, 'NotImplemented', 'no'), 'OTHER', [/ListObjectsV2/]],
  ])('the error names the cause: %s', async (_, script, reason, sentences) => {
    await start({ bucket: script });
    const store = open('bucket');
    const listing = async () => {
      for await (const _object of store.list(''));
    };
    for (const call of [
      () => store.probeReading(),
      listing,
      () => store.stat('a/1'),
      () => store.get('a/1'),
    ]) {
      const failure = await failureOf(call());
      for (const sentence of sentences) expect(failure.message).toMatch(sentence);
      expect(failure).toMatchObject({ reason, concernsOneObject: false });
    }
  });

  it.each<[string, S3Script, RegExp]>([
    ['a server that is overloaded', refusing(503, 'SlowDown', 'slow'), /overloaded .*SlowDown/],
    ['a proxy without a server', page(502), /A proxy in front of .* cannot reach the server .*Guest network/],
  ])('the error names the cause after some retries: %s', async (_, script, sentence) => {
    await start({ bucket: script });
    const failure = await failureOf(open('bucket').probeReading());
    expect(failure).toMatchObject({ reason: 'UNREACHABLE', message: expect.stringMatching(sentence) });
    expect(s3.requests).toHaveLength(4);
  });

  it('a requester-pays bucket is read if the setting accepts the costs', async () => {
    await start({
      bucket: bucketBut(({ headers }, response) => {
        if (headers['x-amz-request-payer'] === 'requester') return false;
        refuse(response, 403, 'AccessDenied', 'Access Denied');
        return true;
      }),
    });
    const store = open('bucket', { ...s3.settings, requesterPays: true });
    await store.probeReading();
    expect(await store.get('a/1')).toEqual(image);
    expect(await store.stat('a/1')).toMatchObject({ byteSize: image.length });
    await store.put('a/4', image);
  });

  it('requests go to the region of the bucket', async () => {
    await start({
      bucket: bucketBut(({ headers }, response) => {
        if (headers.authorization?.includes('/eu-central-1/')) return false;
        refuse(response, 301, 'PermanentRedirect', 'elsewhere', region);
        return true;
      }),
    });
    const store = open('bucket');
    const all = await Promise.all(objects.map(({ key }) => store.get(key)));
    expect(all.every((bytes) => bytes.equals(image))).toBe(true);
    expect(await store.stat('a/1')).not.toBeNull();
    expect(s3.requests.filter(({ headers }) => headers.authorization?.includes('/us-east-1/'))).toHaveLength(
      3,
    );
  });

  it('does not accept a web page as confirmation that an image is stored', async () => {
    await start({ bucket: page(200), nothing: (_, response) => void response.writeHead(200).end() });
    for (const bucket of ['bucket', 'nothing'])
      for (const call of [() => open(bucket).put('a', image), () => open(bucket).putOnce('a', image)])
        expect(await failureOf(call())).toMatchObject({ reason: 'UNREACHABLE' });
  });
});

describe('one object that cannot be read', () => {
  const denied = (message: string) =>
    bucketBut(({ kind, key }, response) => {
      if (kind === 'list' || key !== 'a/2') return false;
      refuse(response, 403, 'AccessDenied', message);
      return true;
    });
  const archive = '<StorageClass>INTELLIGENT_TIERING</StorageClass><AccessTier>ARCHIVE_ACCESS</AccessTier>';
  it.each<[string, S3Script, RegExp]>([
    [
      'is archived',
      bucketBut(({ key }, response) => {
        if (key === 'a/2')
          refuse(response, 403, 'InvalidObjectState', 'The operation is not valid', {}, archive);
        return key === 'a/2';
      }),
      /a\/2 is archived \(INTELLIGENT_TIERING, ARCHIVE_ACCESS\).* Restore it in S3/,
    ],
    ['is denied', denied('Access Denied'), /do not give access to s3:\/\/bucket\/a\/2/],
    [
      'has a key that is denied',
      denied('not authorized to perform: kms:Decrypt on resource x'),
      /kms:Decrypt/,
    ],
    [
      'has a key that is disabled',
      bucketBut(({ key }, response) => {
        if (key === 'a/2') refuse(response, 400, 'KMS.DisabledException', 'arn:aws:kms:x is disabled.');
        return key === 'a/2';
      }),
      /encrypted with a key \(KMS\)/,
    ],
    [
      "has its owner's key",
      bucketBut(({ key }, response) => {
        const message = 'The object was stored using a form of Server Side Encryption.';
        if (key === 'a/2') refuse(response, 400, 'InvalidRequest', message);
        return key === 'a/2';
      }),
      /SSE-C/,
    ],
    [
      'is cut short',
      bucketBut(({ kind, key }, response) => {
        if (kind === 'list' || key !== 'a/2') return false;
        response.writeHead(200, { etag: '"e"' }).end(image.subarray(0, 4000));
        return true;
      }),
      /has 4000 bytes, but is listed with 5000/,
    ],
    [
      'is said to be compressed and is not',
      bucketBut(({ key }, response) => {
        if (key === 'a/2') answerObject(response, image, { 'content-encoding': 'gzip' });
        return key === 'a/2';
      }),
      /marked as compressed \(gzip\) and cannot be decompressed/,
    ],
  ])('the error names the cause: it %s', async (_, script, sentence) => {
    await start({ bucket: script });
    const store = open('bucket');
    const failure = await failureOf(store.get('a/2', { byteSize: image.length }));
    expect(failure.message).toMatch(sentence);
    expect(failure).toMatchObject({ reason: 'UNREADABLE', concernsOneObject: true });
    expect(await store.get('a/1', { byteSize: image.length })).toEqual(image);
  });

  it('checks the bucket once, however many objects are denied', async () => {
    await start({
      bucket: bucketBut(({ kind }, response) => {
        if (kind === 'object') refuse(response, 403, 'AccessDenied', 'Access Denied');
        return kind === 'object';
      }),
    });
    const store = open('bucket');
    for (let i = 0; i < 5; i++)
      expect(await failureOf(store.get(`a/${i}`))).toMatchObject({ reason: 'UNREADABLE' });
    expect(s3.requests.filter(({ kind }) => kind === 'list')).toHaveLength(1);
  });

  it('an object that was stored compressed is decompressed', async () => {
    await start({
      bucket: bucketBut(({ kind }, response) => {
        if (kind === 'object') answerObject(response, gzipSync(image), { 'content-encoding': 'gzip' });
        return kind === 'object';
      }),
    });
    const store = open('bucket');
    expect(await store.get('a/1', { byteSize: image.length })).toEqual(image);
    expect(await store.get('a/1', { byteSize: gzipSync(image).length })).toEqual(image);
  });
});

describe('a listing that is not in byte order', () => {
  const list =
    (keys: string[]): S3Script =>
    (_, response) =>
      answerListing(
        response,
        keys.map((key) => ({ key, byteSize: 1 })),
      );
  /** Lists 1,000 keys per page. */
  const pages =
    (keys: string[]): S3Script =>
    ({ position }, response) => {
      const from = Number(position ?? 0);
      const next = from + 1000 < keys.length ? String(from + 1000) : undefined;
      const part = keys.slice(from, from + 1000).map((key) => ({ key, byteSize: 1 }));
      answerListing(response, part, next);
    };
  const many = Array.from({ length: 2500 }, (_, i) => `k${String(i).padStart(5, '0')}`);

  it.each<[string, string[], string[]]>([
    ['backwards', ['c', 'b', 'a'], ['a', 'b', 'c']],
    ['without regard to case', ['a.jpg', 'B.jpg', 'c.jpg'], ['B.jpg', 'a.jpg', 'c.jpg']],
    ['by UTF-16', ['\u{1F9B8}.jpg', '\uff21.jpg'], ['\uff21.jpg', '\u{1F9B8}.jpg']],
    ['with repeats', ['a', 'b', 'b', 'c'], ['a', 'b', 'c']],
  ])('is sorted: %s', async (_, given, expected) => {
    await start({ bucket: list(given) });
    expect(await keysOf('bucket')).toEqual(expected);
  });

  it('is sorted over several pages, and its order is checked once', async () => {
    await start({ bucket: pages(many.toReversed()), sorted: pages(many.flatMap((key) => [key, key])) });
    expect(await keysOf('bucket')).toEqual(many);
    expect(await keysOf('sorted')).toEqual(many);

    const store = open('bucket');
    for await (const _object of store.list(''));
    const before = s3.requests.length;
    for await (const _object of store.list(''));
    expect(s3.requests.length - before).toBe(3);
  });
});

/** Network and TLS failures, by the error codes of Node. */
describe('a connection that fails', () => {
  const request = { bucket: 'b', region: 'r', host: 'https://s3.test', uri: 's3://b/', reads: true };
  it.each([
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      /certificate of https:\/\/s3\.test is not trusted .*AWS_CA_BUNDLE or NODE_EXTRA_CA_CERTS/,
    ],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /not trusted/],
    ['CERT_HAS_EXPIRED', /has expired/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /another host name/],
    ['EPROTO', /http:\/\/ in S3_ENDPOINT/],
    ['ECONNREFUSED', /cannot be reached \(ECONNREFUSED\)/],
    ['socket hang up', /cannot be reached \(socket hang up\)/],
    ['TimeoutError', /does not answer in time/],
  ])('the error names the cause: %s', (code, sentence) => {
    expect(explainS3Failure({ code, message: code }, request)).toMatchObject({
      reason: 'UNREACHABLE',
      message: expect.stringMatching(sentence),
    });
  });
});
