import type { ObjectStore } from '../../storage/object-store.js';
import type { ClassMapping } from './class-mapping.js';
import type { GroupsTable } from './groups-csv.js';
import { isCalledImage } from './read-candidate.js';
import { sourceFiles } from './source-files.js';
import { systemName } from './system-files.js';
import { addTo, emptyTally, type Tally } from './validation/finding.js';

/** A class folder in the listing. */
export interface ClassFolder {
  label: string;
  /** The number of files, which may be images. */
  fileCount: number;
  /** The number of files with an image extension. */
  calledImages: number;
}

/** A summary of the source's listing, made before anything is downloaded. */
export interface Survey {
  source: string;
  classes: ClassMapping;
  /** The number of files below the source. */
  fileCount: number;
  /** The number of files in class folders, which will be read. */
  candidateCount: number;
  /** The class folders with files, by their names as written in the source. */
  folders: Map<string, ClassFolder>;
  /** Files with an image extension in no class folder. */
  strayImages: Tally;
  /** Other files in no class folder, except the groups CSV. */
  strayFiles: Tally;
  /** Files in no folder of the class mapping. */
  unchosen: Tally;
  /** Files that operating systems and programs leave behind, with the number of each kind. */
  system: Tally & { kinds: Map<string, number> };
}

/** A survey without any files. */
export function emptySurvey(source: string, classes: ClassMapping): Survey {
  return {
    source,
    classes,
    fileCount: 0,
    candidateCount: 0,
    folders: new Map(),
    strayImages: emptyTally(),
    strayFiles: emptyTally(),
    unchosen: emptyTally(),
    system: { ...emptyTally(), kinds: new Map() },
  };
}

/**
 * Lists the source once and summarises it. Sets `fileCount` of every row of the groups CSV to the number of files that it matches.
 * Memory use does not grow with the number of objects.
 */
export async function surveySource(
  source: ObjectStore,
  snapshot: { source: string; classes: ClassMapping; groupsCsv: string | null },
  groups: GroupsTable | null,
  signal: AbortSignal,
): Promise<Survey> {
  const survey = emptySurvey(snapshot.source, snapshot.classes);
  for (const row of groups?.rows ?? []) row.fileCount = 0;
  for await (const file of sourceFiles(source, snapshot)) {
    signal.throwIfAborted();
    survey.fileCount += 1;
    const { key } = file.object;
    switch (file.skipped) {
      case null: {
        addCandidate(survey, file.folder, file.label, key);
        const row = groups?.find(key);
        if (row) row.fileCount += 1;
        break;
      }
      case 'NO_CLASS_FOLDER':
        addTo(isCalledImage(key) ? survey.strayImages : survey.strayFiles, key);
        break;
      case 'UNCHOSEN_FOLDER':
        addTo(survey.unchosen, key);
        break;
      case 'SYSTEM_FILE': {
        const kind = systemName(file.object) ?? '';
        survey.system.kinds.set(kind, (survey.system.kinds.get(kind) ?? 0) + 1);
        addTo(survey.system, key);
        break;
      }
      case 'GROUPS_CSV':
    }
  }
  return survey;
}

function addCandidate(survey: Survey, name: string, label: string, key: string): void {
  survey.candidateCount += 1;
  const folder = survey.folders.get(name) ?? { label, fileCount: 0, calledImages: 0 };
  folder.fileCount += 1;
  if (isCalledImage(key)) folder.calledImages += 1;
  survey.folders.set(name, folder);
}
