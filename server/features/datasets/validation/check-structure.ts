import { readSplit } from '../groups-csv.js';
import type { Survey } from '../survey-source.js';
import { counted, EXAMPLES, type Finding, tallyOf } from './finding.js';

type Check = (survey: Survey) => Finding | null;

/** What the listing alone shows, before a single image is read. An ERROR here spares the download. */
export function checkStructure(survey: Survey): Finding[] {
  const checks: Check[] = [
    emptySource,
    noClassFolders,
    missingFolders,
    oneClass,
    splitsAsClasses,
    strayImages,
    otherFiles,
  ];
  return checks.map((check) => check(survey)).filter((finding) => finding !== null);
}

const emptySource: Check = ({ source, imageCount, stray, other, classes }) => {
  if (imageCount + stray.count + other.count > 0 || classes) return null;
  return {
    check: 'empty-source',
    severity: 'ERROR',
    message: `There is nothing at ${source}. It should hold one folder of images per class. Check the name: capitals count.`,
    count: 0,
    examples: [],
  };
};

const noClassFolders: Check = ({ source, imageCount, stray, other, classes }) => {
  if (imageCount > 0 || stray.count + other.count === 0 || classes) return null;
  return {
    check: 'no-class-folders',
    severity: 'ERROR',
    message: `No folder directly below ${source} holds images. It should hold one folder of images (JPEG, PNG, TIFF or WebP) per class, such as 'blast' and 'lymphocyte'.`,
    count: stray.count + other.count,
    examples: [...stray.examples, ...other.examples].slice(0, EXAMPLES),
  };
};

const missingFolders: Check = ({ source, classes, folders }) => {
  const missing = (classes ?? []).map(({ folder }) => folder).filter((folder) => !folders.has(folder));
  if (missing.length === 0) return null;
  return {
    check: 'missing-folder',
    severity: 'ERROR',
    message: `Asked for as a class, but not a folder of images below ${source}: ${missing.slice(0, EXAMPLES).join(', ')}. Check the names: capitals count.`,
    ...tallyOf(missing),
  };
};

const oneClass: Check = ({ folders }) => {
  const labels = new Set([...folders.values()].map(({ label }) => label));
  if (labels.size !== 1) return null;
  return {
    check: 'one-class',
    severity: 'ERROR',
    message: `All images are of one class, '${[...labels].join()}': there is nothing to tell apart. Give at least two folders with different labels.`,
    ...tallyOf([...folders.keys()]),
  };
};

/** train/blast, train/lymphocyte, test/blast …: a common layout, in which the folders at the top are no classes. */
const splitsAsClasses: Check = ({ classes, folders }) => {
  const names = [...folders.keys()];
  if (classes || names.length === 0 || names.some((name) => readSplit(name) === null)) return null;
  return {
    check: 'splits-as-classes',
    severity: 'ERROR',
    message: `The folders at the top are splits (${names.join(', ')}), not classes. Name the class folders below them, such as train/blast, each with its label; give the splits in a groups CSV.`,
    ...tallyOf(names),
  };
};

const strayImages: Check = ({ stray, imageCount }) => {
  if (stray.count === 0 || imageCount === 0) return null;
  return {
    check: 'stray-images',
    severity: 'WARNING',
    message: `Left out, because in no class folder and so without a label: ${counted(stray.count, 'image')}.`,
    ...stray,
  };
};

const otherFiles: Check = ({ other, imageCount }) => {
  if (other.count === 0 || imageCount === 0) return null;
  return {
    check: 'other-files',
    severity: 'INFO',
    message: `Ignored, because not called an image: ${counted(other.count, 'file')}.`,
    ...other,
  };
};
