import type { DatabaseOrTransaction } from '../../../database/client.js';
import { tallySkipped } from '../skipped-files.js';
import type { Survey } from '../survey-source.js';
import { checkStructure } from './check-structure.js';
import { counted, EXAMPLES, type Finding, type Tally, tallyOf } from './finding.js';

/** Reports which files were skipped and why, and whether the classes of the listing have readable images. Runs after every file has been read. */
export async function checkReading(
  database: DatabaseOrTransaction,
  snapshotId: string,
  survey: Survey,
  labels: readonly string[],
): Promise<Finding[]> {
  const unreadable = await tallySkipped(database, snapshotId, 'UNREADABLE');
  const notImages = await tallySkipped(database, snapshotId, 'NOT_AN_IMAGE');
  const findings = [
    unreadableImages(unreadable),
    strayImages(survey),
    otherFiles(survey, notImages),
    unchosenFiles(survey),
    systemFiles(survey),
  ].filter((finding) => finding !== null);

  const lost = await lostClasses(database, snapshotId, survey, labels);
  return lost ? [...findings, lost] : [...findings, ...checkStructure(onlyRead(survey, labels))];
}

/** Reports the skipped files of a snapshot that is rejected by its listing alone, so that no file is read. */
export function checkSkippedUnread(survey: Survey): Finding[] {
  const checks = [strayImages(survey), otherFiles(survey, null), unchosenFiles(survey), systemFiles(survey)];
  return checks.filter((finding) => finding !== null);
}

function unreadableImages(unreadable: Tally): Finding | null {
  if (unreadable.count === 0) return null;
  return {
    check: 'unreadable-image',
    severity: 'WARNING',
    message: `Skipped because they cannot be read as images: ${counted(unreadable.count, 'file')}.`,
    ...unreadable,
  };
}

function strayImages({ strayImages }: Survey): Finding | null {
  if (strayImages.count === 0) return null;
  return {
    check: 'stray-images',
    severity: 'WARNING',
    message: `Skipped because they are in no class folder and therefore have no label: ${counted(strayImages.count, 'image')}.`,
    ...strayImages,
  };
}

function otherFiles({ strayFiles }: Survey, notImages: Tally | null): Finding | null {
  const count = strayFiles.count + (notImages?.count ?? 0);
  if (count === 0) return null;
  const parts = [
    ...(notImages?.count ? [`${counted(notImages.count, 'file')} whose content is not an image`] : []),
    ...(strayFiles.count ? [`${counted(strayFiles.count, 'file')} in no class folder`] : []),
  ];
  return {
    check: 'other-files',
    severity: 'INFO',
    message: `Skipped: ${parts.join(' and ')}.`,
    count,
    examples: [...(notImages?.examples ?? []), ...strayFiles.examples].slice(0, EXAMPLES),
  };
}

function unchosenFiles({ unchosen }: Survey): Finding | null {
  if (unchosen.count === 0) return null;
  return {
    check: 'unchosen-files',
    severity: 'INFO',
    message: `Skipped because they are in no folder of the class mapping: ${counted(unchosen.count, 'file')}.`,
    ...unchosen,
  };
}

function systemFiles({ system: { kinds, count, examples } }: Survey): Finding | null {
  if (count === 0) return null;
  const byNumber = [...kinds].sort(([, a], [, b]) => b - a);
  const list = byNumber.map(([kind, number]) => `${kind}: ${number.toLocaleString('en')}`).join(', ');
  return {
    check: 'system-files',
    severity: 'INFO',
    message: `Skipped because they are system files that operating systems and other programs create: ${counted(count, 'file')} (${list}).`,
    count,
    examples,
  };
}

/** Classes without a single readable image that are in the class mapping or have unreadable image files. */
async function lostClasses(
  database: DatabaseOrTransaction,
  snapshotId: string,
  { classes, folders }: Survey,
  labels: readonly string[],
): Promise<Finding | null> {
  const lost = new Set<string>();
  for (const [folder, { label }] of folders) {
    if (labels.includes(label)) continue;
    const below = { gt: `${folder}/`, lt: `${folder}0` }; // '0' comes after '/'
    const where = { snapshotId, reason: 'UNREADABLE' as const, key: below };
    if (classes || (await database.skippedFile.count({ where, take: 1 })) > 0) lost.add(label);
  }
  if (lost.size === 0) return null;
  return {
    check: 'class-without-images',
    severity: 'ERROR',
    message: `These classes have no readable image: ${[...lost].join(', ')}. The finding on unreadable files gives the reasons.`,
    ...tallyOf([...lost]),
  };
}

/** The survey without the folders that contain no image. Folders of a class mapping are kept. */
function onlyRead(survey: Survey, labels: readonly string[]): Survey {
  const folders = [...survey.folders].filter(([, { label }]) => survey.classes || labels.includes(label));
  return { ...survey, folders: new Map(folders) };
}
