import { type GroupsTable, readSplit, splits } from '../groups-csv.js';
import { shownSpellings, spellings } from '../names.js';
import { counted, EXAMPLES, type Finding, tallyOf } from './finding.js';

type Check = (groups: GroupsTable) => Finding | null;

/** Checks the groups CSV against the files of the listing, which has set each row's `fileCount`. */
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

/** Always reported, because a program cannot be certain of an encoding that the file does not declare. */
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
      "Check that the names are correct; if they are not, save the file as 'CSV UTF-8'.",
    ...tallyOf([...new Set(special)]),
  };
};

/** 'Müller' and 'müller', or 'ü' in two encodings: as two patients, one person could be in both the training and the test data. */
export const collidingGroups: Check = ({ rows }) => {
  const used = rows.filter(({ group, fileCount }) => group !== null && fileCount > 0);
  const colliding = spellings(used.map(({ writtenGroup }) => writtenGroup));
  if (colliding.length === 0) return null;
  return {
    check: 'colliding-groups',
    severity: 'ERROR',
    message:
      `The groups CSV spells ${counted(colliding.length, 'group (patient)', 'groups (patients)')} in more than one way: ${colliding.slice(0, EXAMPLES).map(shownSpellings).join('; ')}. ` +
      'They would be treated as different patients, so a patient could be in both the training and the test data. Use one spelling for each in the CSV.',
    count: colliding.length,
    examples: colliding.slice(0, EXAMPLES).map(shownSpellings),
  };
};

/** Treated as one patient, all these images would go into one split, and the metrics for that patient would mean nothing. */
const unknownPatients: Check = ({ rows }) => {
  const unknown = rows.filter(({ group, fileCount }) => group === null && fileCount > 0);
  if (unknown.length === 0) return null;
  const words = [...new Set(unknown.map(({ writtenGroup }) => shownWord(writtenGroup)))];
  const count = unknown.reduce((sum, { fileCount }) => sum + fileCount, 0);
  return {
    check: 'unknown-patient',
    severity: 'INFO',
    message: `The groups CSV marks the patient of ${counted(count, 'image')} as unknown (${words.slice(0, EXAMPLES).join(', ')}). Each is treated as a separate patient.`,
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
    message: `The groups CSV has an unknown split in ${counted(unknown.length, 'row')}. The splits are ${splits.join(', ')}. Leave the column empty to let each training run split by group.`,
    ...tallyOf(unknown.map(({ file, split }) => `${file}: ${split}`)),
  };
};

const ambiguousFileNames: Check = ({ rows }) => {
  const ambiguous = rows.filter(({ fileCount }) => fileCount > 1);
  if (ambiguous.length === 0) return null;
  return {
    check: 'ambiguous-file-name',
    severity: 'ERROR',
    message: `The groups CSV has a file name that matches several files in ${counted(ambiguous.length, 'row')}, so it is unclear which file is meant. Write paths relative to the source, such as 'blast/0001.jpg'.`,
    ...tallyOf(ambiguous.map(({ file, fileCount }) => `${file}: ${counted(fileCount, 'file')}`)),
  };
};

const rowsWithoutFile: Check = ({ rows }) => {
  const unused = rows.filter(({ fileCount }) => fileCount === 0);
  if (unused.length === 0) return null;
  return {
    check: 'row-without-file',
    severity: 'WARNING',
    message: `The groups CSV names files that are in no class folder in ${counted(unused.length, 'row')}. Files may be missing, or the paths may not be relative to the source.`,
    ...tallyOf(unused.map(({ file }) => file)),
  };
};
