/** Where the bytes of an image are kept: under their own SHA-256, in one of 256 folders. */
export function imageKey(sha256: string): string {
  return `images/${sha256.slice(0, 2)}/${sha256}`;
}

/** Where the files of a model version are kept. */
export function artifactPrefix(modelName: string, version: number): string {
  return `models/${modelName}/${version}/`;
}

/** Where the list of a snapshot's items is kept: one JSON object a line. */
export function snapshotManifestKey(digest: string): string {
  return `snapshots/${digest}.jsonl`;
}
