import { type GroupsTable, readSplit, splits } from '../groups-csv.js';
import { counted, type Finding, tallyOf } from './finding.js';

type Check = (groups: GroupsTable) => Finding | null;

/** What the groups CSV shows once the listing has told which files there are (`fileCount`). */
export function checkGroupsCsv(groups: GroupsTable): Finding[] {
  const checks: Check[] = [unknownSplits, ambiguousFileNames, rowsWithoutFile];
  return checks.map((check) => check(groups)).filter((finding) => finding !== null);
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
    message: `The groups CSV gives a bare file name that several files have in ${counted(ambiguous.length, 'row')}: their groups cannot be told apart. Give paths below the source, such as 'blast/0001.jpg'.`,
    ...tallyOf(ambiguous.map(({ file, fileCount }) => `${file}: ${counted(fileCount, 'file')}`)),
  };
};

const rowsWithoutFile: Check = ({ rows }) => {
  const unused = rows.filter(({ fileCount }) => fileCount === 0);
  if (unused.length === 0) return null;
  return {
    check: 'row-without-file',
    severity: 'WARNING',
    message: `The groups CSV speaks of files that are in no class folder in ${counted(unused.length, 'row')}. Files may be missing, or its paths may not start at the source.`,
    ...tallyOf(unused.map(({ file }) => file)),
  };
};
