import { z } from 'zod';
import { tidyName, tidyPath } from './names.js';

/** Which folders below the source are classes, as asked for; null: each sub-folder is one, named as it is. */
export const ClassMapping = z.array(z.strictObject({ folder: z.string(), label: z.string() })).nullable();
export type ClassMapping = z.infer<typeof ClassMapping>;

/** Folders that a mapping may name. */
export const MOST_CLASSES = 100;

/**
 * The class folder that an object lies in and the label that this gives it; null when it lies in none. A folder that is
 * asked for is found as it is written, else by its tidied name: people cannot see in which way an 'ä' is encoded.
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
