import { createHash } from 'node:crypto';
import type { ClassMapping } from '../../server/features/datasets/class-mapping.js';
import { type GroupsTable, readGroupsCsv, readSplit } from '../../server/features/datasets/groups-csv.js';
import { readCandidate } from '../../server/features/datasets/read-candidate.js';
import type { SnapshotItem } from '../../server/features/datasets/snapshot-items.js';
import { manifestLine } from '../../server/features/datasets/snapshot-manifest.js';
import { sourceFiles } from '../../server/features/datasets/source-files.js';
import { surveySource } from '../../server/features/datasets/survey-source.js';
import { checkGroupsCsv } from '../../server/features/datasets/validation/check-groups-csv.js';
import { collidingClasses } from '../../server/features/datasets/validation/check-structure.js';
import { openImage } from '../../server/imaging/open-image.js';
import { UnreadableImageError } from '../../server/image-files/unreadable-image.js';
import { imageKey } from '../../server/storage/keys.js';
import type { ObjectStore } from '../../server/storage/object-store.js';
import { TrainingDataError } from '../training-data-error.js';

/** A labelled folder as a training task needs it: the items of a snapshot, without a database. */
export interface FolderDataset {
  items: SnapshotItem[];
  /** The digest that a snapshot of the same folder has. */
  digest: string;
  /** Reads the images by their content, where they lie. */
  store: Pick<ObjectStore, 'get'>;
  /** Files in class folders that are not images, or of a kind that is not read, each with why. */
  leftOut: string[];
}

/** As in ingestion: what is larger is not a picture of a cell. */
const LARGEST_IMAGE = 64 * 1024 * 1024;

/**
 * Reads a folder (or bucket) of labelled sub-folders. Throws TrainingDataError for names of classes, or of patients in the groups
 * CSV, that are spelled in several ways.
 * @param groupsCsv key of the groups CSV below the source; null where there is none
 */
export async function readFolderDataset(
  source: ObjectStore,
  classes: ClassMapping,
  groupsCsv: string | null,
): Promise<FolderDataset> {
  const groups = groupsCsv === null ? null : readGroupsCsv(await source.get(groupsCsv));
  const place = { source: source.root, classes, groupsCsv };
  await refuseErrors(source, place, groups);

  const items: SnapshotItem[] = [];
  const leftOut: string[] = [];
  const sourceKeyOf = new Map<string, string>();
  for await (const file of sourceFiles(source, place)) {
    if (file.skipped !== null) continue;
    const { key } = file.object;
    const row = groups?.find(key);
    const split = row?.split ? readSplit(row.split) : null;
    const candidate = await readCandidate(source, file.object, LARGEST_IMAGE);
    const problem = 'reason' in candidate ? candidate.detail : await problemOf(candidate.bytes);
    if (problem !== null || 'reason' in candidate) {
      leftOut.push(`${key}: ${problem}`);
      continue;
    }
    const { sha256: imageSha256 } = candidate;
    sourceKeyOf.set(imageKey(imageSha256), key);
    items.push({ key, label: file.label, group: row?.group ?? null, split, imageSha256 });
  }

  const hash = createHash('sha256');
  for (const item of items) hash.update(manifestLine(item));
  return {
    items,
    leftOut,
    digest: hash.digest('hex'),
    store: { get: (key) => source.get(sourceKeyOf.get(key) ?? key) },
  };
}

/** Throws if a snapshot of these items would be rejected for its names. */
async function refuseErrors(
  source: ObjectStore,
  place: { source: string; classes: ClassMapping; groupsCsv: string | null },
  groups: GroupsTable | null,
): Promise<void> {
  const survey = await surveySource(source, place, groups, new AbortController().signal);
  const classes = collidingClasses(survey);
  if (classes) {
    const mapping = classes.classes?.map(({ folder, label }) => `${folder}=${label}`).join(',');
    throw new TrainingDataError(
      mapping ? `${classes.message} Here: --classes '${mapping}'` : classes.message,
    );
  }
  const error = (groups ? checkGroupsCsv(groups) : []).find(({ severity }) => severity === 'ERROR');
  if (error) throw new TrainingDataError(`${error.message} (${error.examples.join('; ')})`);
}

/** Why an image's header alone shows that it is not one to learn from; null where it does not. */
async function problemOf(bytes: Buffer): Promise<string | null> {
  try {
    await openImage(bytes);
    return null;
  } catch (error) {
    if (error instanceof UnreadableImageError) return error.message;
    throw error;
  }
}
