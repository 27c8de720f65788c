import { z } from 'zod';

/** Which folders below the source are classes, as asked for; null: each sub-folder is one, named as it is. */
export const ClassMapping = z.array(z.strictObject({ folder: z.string(), label: z.string() })).nullable();
export type ClassMapping = z.infer<typeof ClassMapping>;

/** The class folder that an object lies in and the label that this gives it; null when it lies in none. */
export function classOf(classes: ClassMapping, key: string): { folder: string; label: string } | null {
  if (classes) return classes.find(({ folder }) => key.startsWith(`${folder}/`)) ?? null;
  const end = key.indexOf('/');
  const folder = key.slice(0, Math.max(end, 0));
  return folder === '' ? null : { folder, label: folder };
}

/** What has to be listed to see every class folder; so sorted that the keys come sorted too (by code point). */
export function prefixesOf(classes: ClassMapping): string[] {
  const prefixes = classes?.map(({ folder }) => `${folder}/`) ?? [''];
  return prefixes.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
