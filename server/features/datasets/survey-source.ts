import type { ObjectStore } from '../../storage/object-store.js';
import type { ClassMapping } from './class-mapping.js';
import type { GroupsTable } from './groups-csv.js';
import { isCalledImage } from './read-candidate.js';
import { sourceFiles } from './source-files.js';
import { systemName } from './system-files.js';
import { addTo, emptyTally, type Tally } from './validation/finding.js';

/** A class folder as the listing shows it. */
export interface ClassFolder {
  label: string;
  /** Files that may be images: their content decides. */
  fileCount: number;
  /** Those of them whose names say that they are images. */
  calledImages: number;
}

/** What a look at the source's listing shows before anything is downloaded. */
export interface Survey {
  source: string;
  classes: ClassMapping;
  /** Every file below the source. */
  fileCount: number;
  /** Files in class folders, which are read. */
  candidateCount: number;
  /** Class folders that hold such files, by their names as they are written in the source. */
  folders: Map<string, ClassFolder>;
  /** Files in no class folder that are called images. */
  strayImages: Tally;
  /** Other files in no class folder, without the groups CSV. */
  strayFiles: Tally;
  /** Files in no folder of `classes`. */
  unchosen: Tally;
  /** Files that systems and programs leave behind, and how many of each kind. */
  system: Tally & { kinds: Map<string, number> };
}

/** A survey of nothing, to be added to. */
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
 * Lists the source once. Counts for every row of the groups CSV (`fileCount`) the files that it speaks of. Memory does
 * not grow with the number of objects.
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
