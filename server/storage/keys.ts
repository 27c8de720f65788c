/** The key of an image's bytes: their SHA-256, in one of 256 folders. */
export function imageKey(sha256: string): string {
  return `images/${sha256.slice(0, 2)}/${sha256}`;
}

/** The key of a small object that shows whether the store can be written. It contains nothing secret. */
export const PROBE_KEY = 'readiness-probe';

/** The key prefix of a model version's files. */
export function artifactPrefix(modelName: string, version: number): string {
  return `models/${modelName}/${version}/`;
}

/** The key of a snapshot's manifest: the list of its items, one JSON object per line. */
export function snapshotManifestKey(digest: string): string {
  return `snapshots/${digest}.jsonl`;
}
