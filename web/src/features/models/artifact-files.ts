export const neededFiles = ['manifest.json', 'model.json', 'weights.bin'] as const;
/** What may come along: without it the server exports it. */
export const optionalFile = 'model.onnx';

const known: readonly string[] = [...neededFiles, optionalFile];

interface Named {
  name: string;
}

/**
 * The files of a version once some more have been dropped: one that is dropped again replaces the one before.
 * `strange` are the names of dropped files that are none of a version's.
 */
export function addFiles<F extends Named>(
  before: readonly F[],
  dropped: readonly F[],
): { files: F[]; strange: string[] } {
  const byName = new Map([...before, ...dropped].map((file) => [file.name, file]));
  return {
    files: known.flatMap((name) => byName.get(name) ?? []),
    strange: dropped.map(({ name }) => name).filter((name) => !known.includes(name)),
  };
}
