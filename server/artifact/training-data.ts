import { createHash } from 'node:crypto';
import type { TrainingData } from './manifest.js';

/** The length of a short hash, in bytes. The chance that any of 10,000 images is falsely found among 8,000 others is 1 in 3 million. */
const HASH_BYTES = 6;

/** The most images that are listed in a manifest, which every process that serves the version reads. */
const MOST_IMAGES = 20_000;

/** An image that a version was trained with, and its group (patient or slide), if that is known. */
export interface TrainingImage {
  readonly imageSha256: string;
  readonly group: string | null;
}

/** Lists the images and groups by short hashes. Null for more than 20,000 images. */
export function describeTrainingData(images: readonly TrainingImage[]): TrainingData | null {
  if (images.length > MOST_IMAGES) return null;
  return {
    images: joined(images.map(({ imageSha256 }) => shortHash(imageSha256))),
    groups: joined(images.flatMap(({ group }) => (group === null ? [] : [groupHash(group)]))),
  };
}

/** Returns functions that say whether an image (by the SHA-256 of its file) or the name of a group is in the training data. */
export function readTrainingData({ images, groups }: TrainingData): {
  hasImage: (sha256: string) => boolean;
  hasGroup: (name: string) => boolean;
} {
  const ofImages = new Set(separated(images));
  const ofGroups = new Set(separated(groups));
  return {
    hasImage: (sha256) => ofImages.has(shortHash(sha256)),
    hasGroup: (name) => ofGroups.has(groupHash(name)),
  };
}

/** The images and groups of both lists. */
export function joinTrainingData(one: TrainingData, other: TrainingData): TrainingData {
  return {
    images: joined([...separated(one.images), ...separated(other.images)]),
    groups: joined([...separated(one.groups), ...separated(other.groups)]),
  };
}

function groupHash(name: string): string {
  return shortHash(createHash('sha256').update(name, 'utf8').digest('hex'));
}

/** The first bytes of a SHA-256, in hexadecimal. */
function shortHash(sha256: string): string {
  return sha256.slice(0, 2 * HASH_BYTES);
}

/** The different hashes in ascending order, one after the other, in base64. */
function joined(hashes: readonly string[]): string {
  return Buffer.from([...new Set(hashes)].sort().join(''), 'hex').toString('base64');
}

function separated(base64: string): string[] {
  const hex = Buffer.from(base64, 'base64').toString('hex');
  return hex.match(new RegExp(`.{${2 * HASH_BYTES}}`, 'g')) ?? [];
}
