import { type ClassMapping, MOST_CLASSES } from '../class-mapping.js';
import { readSplit } from '../groups-csv.js';
import { shownSpellings, spellings, tidyName } from '../names.js';
import type { Survey } from '../survey-source.js';
import { counted, EXAMPLES, type Finding, tallyOf } from './finding.js';

type Check = (survey: Survey) => Finding | null;

/**
 * Checks the folder structure from the listing alone, before any image is read, so that an ERROR saves the download. Runs again
 * after the files have been read, on the folders that contain images.
 */
export function checkStructure(survey: Survey): Finding[] {
  const checks: Check[] = [
    emptySource,
    noClassFolders,
    missingFolders,
    oneClass,
    splitsAsClasses,
    collidingClasses,
  ];
  return checks.map((check) => check(survey)).filter((finding) => finding !== null);
}

const emptySource: Check = ({ source, fileCount, system, classes }) => {
  if (fileCount > system.count || classes) return null;
  return {
    check: 'empty-source',
    severity: 'ERROR',
    message: `${source} is empty. It should contain one folder of images per class. Check the name, which is case-sensitive.`,
    count: 0,
    examples: [],
  };
};

const noClassFolders: Check = ({ source, folders, fileCount, system, strayImages, strayFiles, classes }) => {
  if (folders.size > 0 || fileCount === system.count || classes) return null;
  return {
    check: 'no-class-folders',
    severity: 'ERROR',
    message: `No folder directly below ${source} contains images. It should contain one folder of images (JPEG, PNG, TIFF or WebP) per class, such as 'blast' and 'lymphocyte'.`,
    count: fileCount - system.count,
    examples: [...strayImages.examples, ...strayFiles.examples].slice(0, EXAMPLES),
  };
};

const missingFolders: Check = ({ source, classes, folders }) => {
  const missing = (classes ?? []).map(({ folder }) => folder).filter((folder) => !folders.has(folder));
  if (missing.length === 0) return null;
  return {
    check: 'missing-folder',
    severity: 'ERROR',
    message: `The class mapping names folders that contain no images below ${source}: ${missing.slice(0, EXAMPLES).join(', ')}. Check the names, which are case-sensitive.`,
    ...tallyOf(missing),
  };
};

const oneClass: Check = ({ folders }) => {
  const labels = new Set([...folders.values()].map(({ label }) => label));
  if (labels.size !== 1) return null;
  return {
    check: 'one-class',
    severity: 'ERROR',
    message: `All images have the same class, '${[...labels].join()}'. A dataset needs at least two folders with different labels.`,
    ...tallyOf([...folders.keys()]),
  };
};

/** train/blast, train/lymphocyte, test/blast …: a common layout in which the top-level folders are not classes. */
const splitsAsClasses: Check = ({ classes, folders }) => {
  const names = [...folders.keys()];
  if (classes || names.length === 0 || names.some((name) => readSplit(name) === null)) return null;
  return {
    check: 'splits-as-classes',
    severity: 'ERROR',
    message: `The top-level folders are splits (${names.join(', ')}), not classes. List the class folders below them, such as train/blast, in the class mapping, each with its label, and give the splits in a groups CSV.`,
    ...tallyOf(names),
  };
};

/** Blast/ and blast/: as two classes, a model would learn to distinguish images that are the same class. */
export const collidingClasses: Check = (survey) => {
  const { classes, folders } = survey;
  const names = classes ? classes.map(({ label }) => label) : [...folders.keys()];
  const colliding = spellings(names);
  if (colliding.length === 0) return null;
  return {
    check: 'colliding-classes',
    severity: 'ERROR',
    message:
      `${counted(colliding.length, classes ? 'label' : 'class name')} spelled in more than one way: ${colliding.map(shownSpellings).join('; ')}. ` +
      'The spellings would be treated as different classes. Give their folders the same label in the class mapping, or rename them in the source.',
    count: colliding.length,
    examples: colliding.slice(0, EXAMPLES).map(shownSpellings),
    classes: withOneLabelEach(survey, colliding),
  };
};

/**
 * A class mapping that gives all spellings of a name the same label, in the spelling that most files use. Null if that would
 * leave only one label, or needs more folders than a mapping may name.
 */
function withOneLabelEach(
  { classes, folders }: Survey,
  colliding: readonly string[][],
): NonNullable<ClassMapping> | null {
  const filesOf = (name: string) =>
    [...folders].reduce(
      (sum, [folder, { label, fileCount }]) => sum + ((classes ? label : folder) === name ? fileCount : 0),
      0,
    );
  const chosen = new Map<string, string>();
  for (const names of colliding) {
    const [commonest = ''] = names.toSorted((a, b) => filesOf(b) - filesOf(a));
    for (const name of names) chosen.set(name, tidyName(commonest));
  }
  const mapping = classes
    ? classes.map(({ folder, label }) => ({ folder, label: chosen.get(label) ?? label }))
    : [...folders].flatMap(([folder, { label, calledImages }]) =>
        chosen.has(folder) || calledImages > 0 ? { folder, label: chosen.get(folder) ?? label } : [],
      );
  const labels = new Set(mapping.map(({ label }) => label));
  return labels.size > 1 && mapping.length <= MOST_CLASSES ? mapping : null;
}
