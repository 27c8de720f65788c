/** The address of the page that compares versions of a model, with nothing chosen or with some of it. */
export function compareAddress(
  modelName: string,
  versionIds: readonly string[] = [],
  snapshotId?: string,
): string {
  const search = new URLSearchParams();
  if (versionIds.length > 0) search.set('versions', versionIds.join(','));
  if (snapshotId) search.set('snapshot', snapshotId);
  return `/models/${encodeURIComponent(modelName)}/compare?${search}`;
}
