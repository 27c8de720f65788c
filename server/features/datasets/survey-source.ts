import type { ObjectStore } from '../../storage/object-store.js';
import type { ClassMapping } from './class-mapping.js';
import type { GroupsTable } from './groups-csv.js';
import { sourceFiles } from './source-files.js';
import { addTo, emptyTally, type Tally } from './validation/finding.js';

/** What a look at the source's listing shows before anything is downloaded. */
export interface Survey {
  source: string;
  classes: ClassMapping;
  imageCount: number;
  /** Class folders that hold images. */
  folders: Map<string, { label: string; imageCount: number }>;
  /** Images in no class folder. */
  stray: Tally;
  /** Files that are no images, by their names; without the groups CSV. */
  other: Tally;
}

/**
 * Lists the source once. Counts for every row of the groups CSV (`fileCount`) the images that it speaks of. Memory does
 * not grow with the number of objects.
 */
export async function surveySource(
  source: ObjectStore,
  snapshot: { source: string; classes: ClassMapping; groupsCsv: string | null },
  groups: GroupsTable | null,
  signal: AbortSignal,
): Promise<Survey> {
  const survey: Survey = {
    source: snapshot.source,
    classes: snapshot.classes,
    imageCount: 0,
    folders: new Map(),
    stray: emptyTally(),
    other: emptyTally(),
  };
  for (const row of groups?.rows ?? []) row.fileCount = 0;
  for await (const file of sourceFiles(source, snapshot.classes)) {
    signal.throwIfAborted();
    const { key } = file.object;
    if (file.kind === 'image') {
      survey.imageCount += 1;
      const folder = survey.folders.get(file.folder) ?? { label: file.label, imageCount: 0 };
      folder.imageCount += 1;
      survey.folders.set(file.folder, folder);
      const row = groups?.find(key);
      if (row) row.fileCount += 1;
    } else if (file.kind === 'stray') addTo(survey.stray, key);
    else if (key !== snapshot.groupsCsv) addTo(survey.other, key);
  }
  return survey;
}
