import { Arg, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { withUserErrors } from '../../api/user-error.js';
import type { AccessRecorder } from '../audit/access-recorder.js';
import { loadSnapshots } from '../datasets/load-snapshots.js';
import { DatasetSnapshot } from '../datasets/types.js';
import type { CaseRows } from './case-rows.js';
import { eraseCase, findCase } from './erase-case.js';
import { CaseContents, EraseCaseInput, EraseCasePayload } from './types.js';

type CaseContentsRow = CaseContents & Pick<CaseRows, 'snapshotIds'>;

@Resolver(() => CaseContents)
export class ErasureResolver {
  @Query(() => CaseContents, {
    description: 'What eraseCase would remove. The text must be exactly the case reference.',
  })
  async caseContents(
    @Ctx() context: RequestContext & { accesses: AccessRecorder },
    @Arg('caseReference', () => String) caseReference: string,
  ): Promise<CaseContents> {
    const rows = await findCase(context, caseReference);
    context.accesses.record(context, {
      action: 'CASE_SEARCHED',
      items: [],
      caseReference: caseReference.trim(),
    });
    return contentsOf(rows);
  }

  @Mutation(() => EraseCasePayload, {
    description:
      'Erases a case permanently: its predictions, reviews and fields, the results of its bulk classifications, the images that nothing ' +
      'else uses, and the key of its pseudonym in the audit trail. The rows are removed at once, the image files shortly after.',
  })
  eraseCase(@Ctx() context: RequestContext, @Arg('input', () => EraseCaseInput) input: EraseCaseInput) {
    return withUserErrors<EraseCasePayload>(async () => {
      const { auditEventId, rows } = await eraseCase(context, input);
      return { erasure: { auditEventId, contents: contentsOf(rows) } };
    });
  }

  @FieldResolver(() => [DatasetSnapshot], {
    description: 'The dataset snapshots that keep some of the shared images, oldest first.',
  })
  async datasetSnapshots(@Root() { snapshotIds }: CaseContentsRow, @Ctx() context: RequestContext) {
    const snapshots = await batched(context, loadSnapshots).loadMany(snapshotIds);
    return snapshots.filter((snapshot) => snapshot !== null);
  }
}

function contentsOf(rows: CaseRows): CaseContentsRow {
  return {
    predictionCount: rows.predictionIds.length,
    fieldCount: rows.fieldIds.length,
    reviewCount: rows.reviewCount,
    reportCount: rows.reportCount,
    datasetItemCount: rows.datasetItems.length,
    bulkClassificationCount: rows.bulkClassifications.length,
    unfinishedBulkClassificationCount: rows.bulkClassifications.filter(({ isUnfinished }) => isUnfinished)
      .length,
    imageCount: rows.imageSha256s.length,
    sharedImageCount: rows.sharedImageSha256s.length,
    snapshotIds: rows.snapshotIds,
  };
}
