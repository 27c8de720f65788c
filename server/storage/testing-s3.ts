import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { S3Settings } from '../config.js';
import { openS3Client } from './s3-client.js';

/** An S3 server with its credentials. */
export interface TestS3 {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

/**
 * Defines tests that need an S3 server: the server at TEST_S3_ENDPOINT, or the Ceph RGW that the test run started
 * (scripts/jest/services.mjs). Where neither is available, they are reported as skipped.
 */
export function describeWithS3(name: string, define: (s3: TestS3) => void): void {
  const { TEST_S3_ENDPOINT, TEST_S3_ACCESS_KEY_ID = '', TEST_S3_SECRET_ACCESS_KEY = '' } = process.env;
  if (!TEST_S3_ENDPOINT) {
    it.skip(`${name} (no S3 server: TEST_S3_ENDPOINT is not set, and Ceph is not installed)`, () => {});
    return;
  }
  const credentials = { accessKeyId: TEST_S3_ACCESS_KEY_ID, secretAccessKey: TEST_S3_SECRET_ACCESS_KEY };
  describe(name, () => define({ endpoint: TEST_S3_ENDPOINT, region: 'us-east-1', credentials }));
}

/** Creates an empty bucket with a random name and returns the name. */
export async function createBucket(s3: S3Settings): Promise<string> {
  const bucket = `test-${randomUUID()}`;
  await withClient(s3, (client) => client.send(new CreateBucketCommand({ Bucket: bucket })));
  return bucket;
}

/** Deletes a bucket with everything in it. */
export async function removeBucket(s3: S3Settings, bucket: string): Promise<void> {
  await withClient(s3, async (client) => {
    for (;;) {
      const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
      if (Contents.length === 0) break;
      const Objects = Contents.map(({ Key }) => ({ Key }));
      await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects } }));
    }
    await client.send(new DeleteBucketCommand({ Bucket: bucket }));
  });
}

/** Lets a bucket keep all versions of its objects, or stop doing so. */
export async function setVersioning(
  s3: S3Settings,
  bucket: string,
  Status: 'Enabled' | 'Suspended',
): Promise<void> {
  const command = new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status } });
  await withClient(s3, (client) => client.send(command));
}

/** The key of every version in a bucket, and of every marker of a deletion. */
export async function versionsIn(s3: S3Settings, bucket: string): Promise<string[]> {
  const keys: string[] = [];
  await withClient(s3, async (client) => {
    const page = await client.send(new ListObjectVersionsCommand({ Bucket: bucket }));
    keys.push(...[...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].map(({ Key = '' }) => Key));
  });
  return keys;
}

/** The same server with a secret that it does not accept. */
export function withWrongSecret(s3: TestS3): TestS3 {
  return { ...s3, credentials: { ...s3.credentials, secretAccessKey: 'wrong' } };
}

async function withClient(s3: S3Settings, work: (client: S3Client) => Promise<unknown>): Promise<void> {
  const client = openS3Client(s3);
  try {
    await work(client);
  } finally {
    client.destroy();
  }
}
