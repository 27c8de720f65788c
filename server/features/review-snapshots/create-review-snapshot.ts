import { authorise } from '../../api/authorise.js';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { type UserError, UserErrorCode, UserErrorException } from '../../api/user-error.js';
import { visibleSites } from '../../api/visible-sites.js';
import { findDatasetSnapshot } from '../datasets/find-dataset-snapshot.js';
import { nameProblem } from '../datasets/create-dataset-snapshot.js';
import type { SnapshotRow } from '../datasets/load-snapshots.js';
import { recordSnapshot } from '../datasets/record-snapshot.js';
import { REVIEWS, type ReviewFilter, UNBIASED_ORIGINS } from '../datasets/review-filter.js';
import type { CreateDatasetSnapshotInput } from '../datasets/types.js';
import { loadSites } from '../accounts/sites/load-sites.js';
import { loadModelVersions } from '../models/load-models.js';

/**
 * Creates the next version of a named snapshot from reviewed predictions of the sites that the user sees: records it as INGESTING and
 * queues the job that selects them. Throws user errors for invalid input.
 */
export async function createReviewSnapshot(
  context: RequestContext,
  input: CreateDatasetSnapshotInput,
): Promise<{ datasetSnapshot: SnapshotRow }> {
  const viewer = authorise(context, 'create datasets');
  authorise(context, 'read predictions');
  authorise(context, 'see images');
  await validate(context, input, visibleSites(viewer));
  const {
    modelVersionId = null,
    siteId = null,
    baseSnapshotId = null,
    from,
    to,
    origins,
  } = input.reviews ?? {};
  const reviewFilter: ReviewFilter = {
    modelVersionId,
    siteId,
    baseSnapshotId,
    from: from?.toISOString() ?? null,
    to: to?.toISOString() ?? null,
    origins: [...new Set(origins ?? UNBIASED_ORIGINS)],
    visibleSites: visibleSites(viewer)?.slice() ?? null,
  };

  const datasetSnapshot = await context.database.$transaction((tx) =>
    recordSnapshot(tx, context, {
      ...{ name: input.name, source: REVIEWS, classes: null, groupsCsv: null },
      reviewFilter,
      createdById: viewer.id,
    }),
  );
  return { datasetSnapshot };
}

async function validate(
  context: RequestContext,
  input: CreateDatasetSnapshotInput,
  sites: readonly string[] | null,
): Promise<void> {
  const errors: UserError[] = [];
  const wrong = (field: string[], message: string, code = UserErrorCode.INVALID) =>
    errors.push({ code, field: ['input', ...field], message });

  const problem = nameProblem(input.name);
  if (problem !== null) wrong(['name'], problem);
  for (const field of ['classes', 'groupsCsv'] as const) {
    if (input[field] == null) continue;
    const message = `A snapshot of reviews has the labels of the reviews and the cases of the predictions. Leave out '${field}'.`;
    wrong([field], message);
  }
  const { modelVersionId, siteId, baseSnapshotId, origins } = input.reviews ?? {};
  if (origins?.length === 0) {
    wrong(
      ['reviews', 'origins'],
      'Choose at least one origin, or leave out the list to use random samples and whole sets.',
    );
  }
  if (modelVersionId != null && !(await batched(context, loadModelVersions).load(modelVersionId))) {
    wrong(['reviews', 'modelVersionId'], 'There is no such model version.', UserErrorCode.NOT_FOUND);
  }
  if (baseSnapshotId != null) {
    const base = await findDatasetSnapshot(context, baseSnapshotId);
    const field = ['reviews', 'baseSnapshotId'];
    if (!base) wrong(field, 'There is no such snapshot.', UserErrorCode.NOT_FOUND);
    else if (base.status !== 'READY') {
      wrong(field, `The snapshot is ${base.status}. Choose a READY one.`, UserErrorCode.CONFLICT);
    } else if (base.source === REVIEWS) {
      wrong(
        field,
        'The base must be a snapshot of folders or buckets, because items of erased cases leave a snapshot of reviews.',
      );
    }
  }
  const isSite = (id: string) => sites?.includes(id) ?? batched(context, loadSites).load(id);
  if (siteId != null && !(await isSite(siteId))) {
    wrong(['reviews', 'siteId'], 'There is no such site.', UserErrorCode.NOT_FOUND);
  }
  if (errors.length > 0) throw new UserErrorException(errors);
}
