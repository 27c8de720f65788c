import type { Database } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import { REVIEWS, type ReviewFilter, UNBIASED_ORIGINS } from './review-filter.js';

/** Runs `work` in an environment without AWS credentials, even if the machine has some. */
export async function withoutCredentials<Result>(work: () => Promise<Result>): Promise<Result> {
  const before = process.env;
  const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'];
  process.env = {
    ...Object.fromEntries(Object.entries(before).filter(([name]) => !names.includes(name))),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
    AWS_CONFIG_FILE: '/nowhere',
  };
  try {
    return await work();
  } finally {
    process.env = before;
  }
}

/** An item of a test snapshot. `image` is any text that identifies the image. */
export interface TestItem {
  image: string;
  label?: string;
  group?: string | null;
  split?: string;
}

/** A made-up digest for a text, for tests that do not verify digests. */
export const digestOf = (text: string): string => Buffer.from(text).toString('hex').padEnd(64, '0');

let snapshots = 0;

interface SnapshotOptions {
  name?: string;
  source?: string;
  status?: 'READY' | 'REJECTED';
  digest?: string;
  /** For a snapshot of reviews; null: it has no base. */
  baseSnapshotId?: string | null;
}

/** Creates a snapshot for tests, with items but without image bytes. By default it is READY, with a unique name and source. */
export async function createSnapshot(
  database: Database,
  items: TestItem[],
  changed: SnapshotOptions = {},
  keyOf = ({ label = 'blast' }: TestItem, index: number) => `${label}/${index}`,
): Promise<{ id: string; digest: string; name: string; version: number }> {
  const version = ++snapshots;
  const { name = `set-${version}`, status = 'READY', baseSnapshotId } = changed;
  const { source = baseSnapshotId === undefined ? `s3://bucket/${version}` : REVIEWS } = changed;
  const digest = changed.digest ?? digestOf(`snapshot ${version}`);
  const id = newId('snap');
  await database.image.createMany({
    data: items.map(({ image }) => ({
      sha256: digestOf(image),
      width: 1,
      height: 1,
      byteSize: 1,
      mediaType: 'image/png',
    })),
    skipDuplicates: true,
  });
  await database.datasetSnapshot.create({
    data: {
      id,
      name,
      version,
      status: 'INGESTING',
      source,
      reviewFilter: baseSnapshotId === undefined ? undefined : reviewFilterWith(baseSnapshotId),
      items: {
        create: items.map((item, index) => {
          const { image, label = 'blast', group = null, split } = item;
          return { key: keyOf(item, index), label, group, split, imageSha256: digestOf(image) };
        }),
      },
    },
  });
  await database.datasetSnapshot.update({ where: { id }, data: { status, digest, itemCount: items.length } });
  return { id, digest, name, version };
}

function reviewFilterWith(baseSnapshotId: string | null): ReviewFilter {
  const all = { modelVersionId: null, siteId: null, from: null, to: null, visibleSites: null };
  return { ...all, origins: [...UNBIASED_ORIGINS], baseSnapshotId };
}
