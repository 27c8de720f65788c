import { type GroupsTable, readSplit, splits } from '../groups-csv.js';
import { shownSpellings, spellings } from '../names.js';
import { counted, EXAMPLES, type Finding, tallyOf } from './finding.js';

type Check = (groups: GroupsTable) => Finding | null;

/** What the groups CSV shows once the listing has told which files there are (`fileCount`). */
export function checkGroupsCsv(groups: GroupsTable): Finding[] {
  const checks: Check[] = [
    notUtf8,
    unknownSplits,
    collidingGroups,
    unknownPatients,
    ambiguousFileNames,
    rowsWithoutFile,
  ];
  return checks.map((check) => check(groups)).filter((finding) => finding !== null);
}

/** Said always, since no program can be sure of an encoding that a file does not name. */
const notUtf8: Check = ({ encoding, rows }) => {
  if (encoding !== 'Windows-1252') return null;
  const special = rows.flatMap(({ file, writtenGroup }) =>
    [writtenGroup, file].filter((written) => /[^\0-\x7f]/.test(written)),
  );
  return {
    check: 'groups-csv-encoding',
    severity: 'INFO',
    message:
      "The groups CSV is not in UTF-8. It was read as Windows-1252, in which Excel saves a plain 'CSV' in Western Europe and America. " +
      "Look whether the names are right; if they are not, save it as 'CSV UTF-8'.",
    ...tallyOf([...new Set(special)]),
  };
};

/** 'Müller' beside 'müller', or 'ü' in two encodings: as two patients they could be learned from and measured on. */
export const collidingGroups: Check = ({ rows }) => {
  const used = rows.filter(({ group, fileCount }) => group !== null && fileCount > 0);
  const colliding = spellings(used.map(({ writtenGroup }) => writtenGroup));
  if (colliding.length === 0) return null;
  return {
    check: 'colliding-groups',
    severity: 'ERROR',
    message:
      `The groups CSV spells ${counted(colliding.length, 'group (patient)', 'groups (patients)')} in more than one way: ${colliding.slice(0, EXAMPLES).map(shownSpellings).join('; ')}. ` +
      'As different patients they could be both learned from and measured on. Write each of them in one way in the CSV.',
    count: colliding.length,
    examples: colliding.slice(0, EXAMPLES).map(shownSpellings),
  };
};

/** Taken as one patient, all of them would go into one split, and their figures would be those of nobody. */
const unknownPatients: Check = ({ rows }) => {
  const unknown = rows.filter(({ group, fileCount }) => group === null && fileCount > 0);
  if (unknown.length === 0) return null;
  const words = [...new Set(unknown.map(({ writtenGroup }) => shownWord(writtenGroup)))];
  const count = unknown.reduce((sum, { fileCount }) => sum + fileCount, 0);
  return {
    check: 'unknown-patient',
    severity: 'INFO',
    message: `The groups CSV says of ${counted(count, 'image')} that the patient is not known (${words.slice(0, EXAMPLES).join(', ')}). Each counts as a patient of its own.`,
    count,
    examples: unknown
      .slice(0, EXAMPLES)
      .map(({ file, writtenGroup }) => `${file}: ${shownWord(writtenGroup)}`),
  };
};

function shownWord(written: string): string {
  return written === '' ? 'empty' : `'${written}'`;
}

const unknownSplits: Check = ({ rows }) => {
  const unknown = rows.filter(({ split }) => split !== null && readSplit(split) === null);
  if (unknown.length === 0) return null;
  return {
    check: 'unknown-split',
    severity: 'ERROR',
    message: `The groups CSV names a split that does not exist in ${counted(unknown.length, 'row')}. There are ${splits.join(', ')}; leave the column empty to have each training run split by group.`,
    ...tallyOf(unknown.map(({ file, split }) => `${file}: ${split}`)),
  };
};

const ambiguousFileNames: Check = ({ rows }) => {
  const ambiguous = rows.filter(({ fileCount }) => fileCount > 1);
  if (ambiguous.length === 0) return null;
  return {
    check: 'ambiguous-file-name',
    severity: 'ERROR',
    message: `The groups CSV gives a file name that several files have in ${counted(ambiguous.length, 'row')}: their groups cannot be told apart. Give paths below the source, such as 'blast/0001.jpg'.`,
    ...tallyOf(ambiguous.map(({ file, fileCount }) => `${file}: ${counted(fileCount, 'file')}`)),
  };
};

const rowsWithoutFile: Check = ({ rows }) => {
  const unused = rows.filter(({ fileCount }) => fileCount === 0);
  if (unused.length === 0) return null;
  return {
    check: 'row-without-file',
    severity: 'WARNING',
    message: `The groups CSV names files that are in no class folder in ${counted(unused.length, 'row')}. Files may be missing, or its paths may not start at the source.`,
    ...tallyOf(unused.map(({ file }) => file)),
  };
};
