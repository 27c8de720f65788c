import type { ObjectStore, StoredObject } from '../../storage/object-store.js';
import { type ClassMapping, classOf } from './class-mapping.js';
import { systemName } from './system-files.js';

/** A file in a class folder. Whether it is an image is decided by its content, when it is read. */
export interface CandidateFile {
  skipped: null;
  object: StoredObject;
  folder: string;
  label: string;
}

/** What an object below a snapshot's source is to the snapshot, as far as its key tells. */
export type SourceFile =
  | CandidateFile
  | { skipped: 'SYSTEM_FILE'; object: StoredObject }
  | { skipped: 'GROUPS_CSV'; object: StoredObject }
  /** Directly in the source, where each of its folders is a class. */
  | { skipped: 'NO_CLASS_FOLDER'; object: StoredObject }
  /** In none of the folders that were asked for. */
  | { skipped: 'UNCHOSEN_FOLDER'; object: StoredObject };

/** Lists every file below the source, in byte order of the keys, a page at a time; with what makes it a system file, if anything. */
export async function* listFiles(
  source: ObjectStore,
): AsyncGenerator<{ object: StoredObject; system: string | null }> {
  for await (const object of source.list('')) yield { object, system: systemName(object) };
}

/** Lists every file below the source, as {@link listFiles} does, with what it is to a snapshot of these classes. */
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
