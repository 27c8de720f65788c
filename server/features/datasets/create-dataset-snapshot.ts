import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { hasControlCharacters } from '../../api/control-characters.js';
import { type UserError, UserErrorCode, UserErrorException, userError } from '../../api/user-error.js';
import { checkSource } from './check-source.js';
import { type ClassMapping, MOST_CLASSES } from './class-mapping.js';
import type { SnapshotRow } from './load-snapshots.js';
import { shownSpellings, spellings, tidyName } from './names.js';
import { recordSnapshot } from './record-snapshot.js';
import { REVIEWS } from './review-filter.js';
import type { CreateDatasetSnapshotInput } from './types.js';

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/;
const LONGEST_LABEL = 100;

/**
 * Creates the next version of a named snapshot: records it as INGESTING and queues the ingestion for a worker. Throws user errors for
 * invalid input, and for problems with the source that can be detected at once (no such bucket, no credentials, a folder that
 * is not allowed, …).
 */
export async function createDatasetSnapshot(
  context: RequestContext,
  input: CreateDatasetSnapshotInput,
): Promise<{ datasetSnapshot: SnapshotRow }> {
  const viewer = authorise(context, 'create datasets');
  const { name, classes, groupsCsv } = validate(input);
  const source = await validateSource(context, input.source, groupsCsv);

  const datasetSnapshot = await context.database.$transaction((tx) =>
    recordSnapshot(tx, context, { name, source, classes, groupsCsv, createdById: viewer.id }),
  );
  return { datasetSnapshot };
}

/** What is wrong with the name of a snapshot; null if nothing is. */
export function nameProblem(name: string): string | null {
  return NAME.test(name)
    ? null
    : "A snapshot's name is 1 to 64 lower-case letters, digits and hyphens, with no hyphen at either end: 'marrow-2024'.";
}

function validate(input: CreateDatasetSnapshotInput): {
  name: string;
  classes: ClassMapping;
  groupsCsv: string | null;
} {
  const errors: UserError[] = [];
  const wrong = (field: string[], message: string) =>
    errors.push({ code: UserErrorCode.INVALID, field: ['input', ...field], message });

  const problem = nameProblem(input.name);
  if (problem !== null) wrong(['name'], problem);
  if (input.reviews) {
    wrong(
      ['reviews'],
      `Only a snapshot of reviewed predictions has 'reviews'. Set the source to '${REVIEWS}', or leave them out.`,
    );
  }

  const classes =
    input.classes?.map(({ folder, label }) => ({
      folder: folder.replace(/\/+$/, ''),
      label: tidyName(label),
    })) ?? null;
  classes?.forEach(({ folder, label }, index) => {
    const place = (field: string) => ['classes', String(index), field];
    if (!isKey(folder)) {
      wrong(
        place('folder'),
        `'${folder}' is not a folder below the source. Write it as 'blast' or 'a/blast'.`,
      );
    } else if (classes.slice(0, index).some((other) => overlaps(other.folder, folder))) {
      wrong(
        place('folder'),
        `'${folder}' is listed twice, or is inside another folder of the list. List each folder once.`,
      );
    }
    if (label === '' || label.length > LONGEST_LABEL || hasControlCharacters(label)) {
      wrong(place('label'), `A label must have 1 to ${LONGEST_LABEL} characters and no control characters.`);
    }
  });
  if (classes && (classes.length < 1 || classes.length > MOST_CLASSES)) {
    wrong(
      ['classes'],
      `List 1 to ${MOST_CLASSES} folders, or leave the list out to use each sub-folder as a class.`,
    );
  } else if (classes && new Set(classes.map(({ label }) => label)).size < 2) {
    wrong(['classes'], 'All folders have the same label. Give at least two different labels.');
  }

  for (const names of spellings(classes?.map(({ label }) => label) ?? [])) {
    wrong(
      ['classes'],
      `The labels ${shownSpellings(names)} are different spellings of one name, and would be different classes. Use one spelling.`,
    );
  }

  const groupsCsv = input.groupsCsv ?? null;
  if (groupsCsv !== null && !isKey(groupsCsv)) {
    wrong(
      ['groupsCsv'],
      `'${groupsCsv}' is not the path of a file below the source, such as 'metadata.csv'.`,
    );
  }

  if (errors.length > 0) throw new UserErrorException(errors);
  return { name: input.name, classes, groupsCsv };
}

function validateSource(
  { config }: RequestContext,
  given: string,
  groupsCsv: string | null,
): Promise<string> {
  return checkSource(config, given, ['input', 'source'], async (source, address) => {
    if (groupsCsv === null || (await source.stat(groupsCsv))) return;
    const message = `There is no file '${groupsCsv}' below ${address}. Check the name, which is case-sensitive.`;
    throw userError(UserErrorCode.NOT_FOUND, message, ['input', 'groupsCsv']);
  });
}

/** Whether the text is a path relative to a source: no empty, '.' or '..' parts, and so no leading slash. */
function isKey(text: string): boolean {
  const parts = text.split('/');
  const isPath = parts.every((part) => part !== '' && part !== '.' && part !== '..');
  return isPath && !text.includes('\\') && !hasControlCharacters(text);
}

function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}
