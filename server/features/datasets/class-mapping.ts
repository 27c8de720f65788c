import { z } from 'zod';
import { tidyName, tidyPath } from './names.js';

/** Which folders below the source are classes, and their labels. Null: each sub-folder is a class with the folder's name as its label. */
export const ClassMapping = z.array(z.strictObject({ folder: z.string(), label: z.string() })).nullable();
export type ClassMapping = z.infer<typeof ClassMapping>;

/** The maximum number of folders in a mapping. */
export const MOST_CLASSES = 100;

/**
 * The class folder of an object, and its label; null if the object is in no class folder. A folder of the mapping is matched
 * exactly, or else by its tidied name, because the encoding of an 'ä' is not visible.
 */
export function classOf(classes: ClassMapping, key: string): { folder: string; label: string } | null {
  if (classes) {
    const exact = classes.find(({ folder }) => key.startsWith(`${folder}/`));
    if (exact) return exact;
    const tidied = tidyPath(key);
    return classes.find(({ folder }) => tidied.startsWith(`${tidyPath(folder)}/`)) ?? null;
  }
  const end = key.indexOf('/');
  const folder = key.slice(0, Math.max(end, 0));
  return folder === '' ? null : { folder, label: tidyName(folder) || folder };
}
