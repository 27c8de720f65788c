import type { ObjectStore, StoredObject } from '../../storage/object-store.js';
import { type ClassMapping, classOf } from './class-mapping.js';
import { systemName } from './system-files.js';

/** A file in a class folder. Whether it is an image is decided by its content when it is read. */
export interface CandidateFile {
  skipped: null;
  object: StoredObject;
  folder: string;
  label: string;
}

/** A file of a snapshot's source, classified by its key. */
export type SourceFile =
  | CandidateFile
  | { skipped: 'SYSTEM_FILE'; object: StoredObject }
  | { skipped: 'GROUPS_CSV'; object: StoredObject }
  /** Directly in the source and not in a folder, when every folder is a class. */
  | { skipped: 'NO_CLASS_FOLDER'; object: StoredObject }
  /** In no folder of the class mapping. */
  | { skipped: 'UNCHOSEN_FOLDER'; object: StoredObject };

/** Lists every file below the source page by page, in byte order of the keys. `system` is the kind of system file, or null. */
export async function* listFiles(
  source: ObjectStore,
): AsyncGenerator<{ object: StoredObject; system: string | null }> {
  for await (const object of source.list('')) yield { object, system: systemName(object) };
}

/** Lists every file below the source like {@link listFiles}, classified for a snapshot with these classes. */
export async function* sourceFiles(
  source: ObjectStore,
  { classes, groupsCsv }: { classes: ClassMapping; groupsCsv: string | null },
): AsyncGenerator<SourceFile> {
  for await (const { object, system } of listFiles(source)) {
    const { key } = object;
    const place = classOf(classes, key);
    if (key === groupsCsv) yield { skipped: 'GROUPS_CSV', object };
    else if (system !== null) yield { skipped: 'SYSTEM_FILE', object };
    else if (place) yield { skipped: null, object, folder: place.folder, label: place.label };
    else yield { skipped: classes ? 'UNCHOSEN_FOLDER' : 'NO_CLASS_FOLDER', object };
  }
}
