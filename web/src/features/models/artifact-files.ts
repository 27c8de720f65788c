/** The files that every version needs. */
export const requiredFiles = ['manifest.json', 'model.json', 'weights.bin'] as const;
/** The ONNX export. If it is missing, the server makes it. */
export const optionalFile = 'model.onnx';

const known: readonly string[] = [...requiredFiles, optionalFile];

interface Named {
  name: string;
}

/**
 * Adds dropped files to the files of a version. A file replaces an earlier one of the same name. `unknown` lists the names of
 * dropped files that do not belong to a version.
 */
export function addFiles<F extends Named>(
  before: readonly F[],
  dropped: readonly F[],
): { files: F[]; unknown: string[] } {
  const byName = new Map([...before, ...dropped].map((file) => [file.name, file]));
  return {
    files: known.flatMap((name) => byName.get(name) ?? []),
    unknown: dropped.map(({ name }) => name).filter((name) => !known.includes(name)),
  };
}
