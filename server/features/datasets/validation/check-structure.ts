import { type ClassMapping, MOST_CLASSES } from '../class-mapping.js';
import { readSplit } from '../groups-csv.js';
import { shownSpellings, spellings, tidyName } from '../names.js';
import type { Survey } from '../survey-source.js';
import { counted, EXAMPLES, type Finding, tallyOf } from './finding.js';

type Check = (survey: Survey) => Finding | null;

/**
 * What the listing alone shows to be wrong, before a single image is read: an ERROR here spares the download. Asked again once
 * the files have been read, of the folders that images were found in.
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
    message: `There is nothing at ${source}. It should hold one folder of images per class. Check the name: capitals count.`,
    count: 0,
    examples: [],
  };
};

const noClassFolders: Check = ({ source, folders, fileCount, system, strayImages, strayFiles, classes }) => {
  if (folders.size > 0 || fileCount === system.count || classes) return null;
  return {
    check: 'no-class-folders',
    severity: 'ERROR',
    message: `No folder directly below ${source} holds images. It should hold one folder of images (JPEG, PNG, TIFF or WebP) per class, such as 'blast' and 'lymphocyte'.`,
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

/** Blast/ beside blast/: as two classes, each would be learned as what the other is not. */
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
      'They would be learned as different classes. Give their folders one label in the class mapping, or rename them in the source.',
    count: colliding.length,
    examples: colliding.slice(0, EXAMPLES).map(shownSpellings),
    classes: withOneLabelEach(survey, colliding),
  };
};

/**
 * The class mapping under which each name that is spelled in several ways is one label, in the spelling that most files have.
 * Null where there would be nothing to tell apart, or more folders than a mapping may name.
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
