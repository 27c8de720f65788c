import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { batched, forgetBatches } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { fileUrl, RELATIVE_URL } from '../../api/file-url.js';
import { type UserError, withUserErrors } from '../../api/user-error.js';
import { NO_SITES } from '../../api/visible-sites.js';
import { loadUsers } from '../accounts/load-users.js';
import { User } from '../accounts/types.js';
import { loadCases } from '../cases/load-cases.js';
import { Case } from '../cases/types.js';
import { loadClasses, loadModelVersions } from '../models/load-models.js';
import { ModelVersion } from '../models/types.js';
import { recordSearch, type SearchContext } from '../predictions/authorise-filter.js';
import { loadPredictions } from '../predictions/load-predictions.js';
import { Prediction } from '../predictions/types.js';
import { decideOnCell } from './decide-on-cell.js';
import { finishReading } from './finish-reading.js';
import {
  type DoubleReadingRow,
  findDoubleReading,
  isRead,
  listDoubleReadings,
  loadProgress,
  type ReadingProgressRow,
} from './load-double-readings.js';
import {
  findCell,
  findReading,
  listReadings,
  loadCellCounts,
  loadCellsOfReadings,
  type ReadingCellRow,
  type ReadingRow,
  showsAnswers,
} from './load-readings.js';
import { type Disagreements as DisagreementCounts, loadDisagreements } from './open-disagreements.js';
import { possibleReaders } from './possible-readers.js';
import {
  loadAgreementOfDoubleReadings,
  readingAgreement,
  type ReadingAgreementRow,
} from './reading-agreement.js';
import { startDoubleReading } from './start-double-reading.js';
import { startReading } from './start-reading.js';
import { startThirdReading } from './start-third-reading.js';
import {
  DecideOnCellInput,
  Disagreements,
  DoubleReading,
  DoubleReadingPayload,
  ReaderAgreement,
  Reading,
  ReadingAgreement,
  ReadingCell,
  ReadingCellPayload,
  ReadingPayload,
  ReadingProgress,
  StartDoubleReadingInput,
  StartReadingInput,
  UndoDecisionInput,
} from './types.js';
import { undoDecision } from './undo-decision.js';

@Resolver(() => Reading)
export class ReadingResolver {
  @Query(() => Reading, {
    nullable: true,
    description: "One of the viewer's own readings. Null if there is none.",
  })
  reading(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return findReading(context, id);
  }

  @Query(() => [Reading], { description: "The viewer's own readings, newest first. At most 50." })
  readings(@Ctx() context: RequestContext) {
    return listReadings(context);
  }

  @Mutation(() => ReadingPayload, { description: 'Chooses cells for the viewer to read.' })
  startReading(
    @Ctx() context: SearchContext,
    @Arg('input', () => StartReadingInput) input: StartReadingInput,
  ) {
    recordSearch(context, input.filter);
    return withUserErrors<ReadingPayload>(() => startReading(context, input));
  }

  @Mutation(() => ReadingCellPayload, {
    description:
      'Records what the reader decides about a cell, as a review with the origin of the reading. A reader can decide again while the ' +
      'reading is open. The review of a blind reading is blind, unless the reader saw the prediction or reviewed it before.',
  })
  decideOnCell(
    @Ctx() context: RequestContext,
    @Arg('input', () => DecideOnCellInput) input: DecideOnCellInput,
  ) {
    return withUserErrors<{ cell: ReadingCellRow | null; userErrors: UserError[] }>(async () => {
      await decideOnCell(context, input);
      return { cell: await changedCell(context, input) };
    });
  }

  @Mutation(() => ReadingCellPayload, {
    description:
      'Takes back what the reader decided about a cell of an open reading: the review is withdrawn.',
  })
  undoDecision(
    @Ctx() context: RequestContext,
    @Arg('input', () => UndoDecisionInput) input: UndoDecisionInput,
  ) {
    return withUserErrors<{ cell: ReadingCellRow | null; userErrors: UserError[] }>(async () => {
      await undoDecision(context, input);
      return { cell: await changedCell(context, input) };
    });
  }

  @Mutation(() => ReadingPayload, {
    description:
      'Finishes a reading: its decisions stay, and a blind one shows the answers. For a double reading, all cells must be decided.',
  })
  finishReading(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return withUserErrors<ReadingPayload>(async () => {
      const finished = await finishReading(context, id);
      forgetBatches(context);
      return finished;
    });
  }

  @FieldResolver(() => User, { description: 'Who started it.' })
  createdBy(@Root() { createdById }: ReadingRow, @Ctx() context: RequestContext) {
    return batched(context, loadUsers).load(createdById);
  }

  @FieldResolver(() => Case, {
    nullable: true,
    description:
      'The case that the cells are of. Null if they were chosen in the whole history, and in a blind reading until it is finished.',
  })
  case(@Root() reading: ReadingRow, @Ctx() context: RequestContext) {
    const { caseId } = reading;
    return caseId !== null && showsAnswers(reading) ? batched(context, loadCases).load(caseId) : null;
  }

  @FieldResolver(() => DoubleReading, {
    nullable: true,
    description: 'The double reading that it belongs to. Null until the reading is finished.',
  })
  doubleReading(@Root() { doubleReadingId, finishedAt }: ReadingRow, @Ctx() context: RequestContext) {
    return doubleReadingId !== null && finishedAt !== null
      ? findDoubleReading(context, doubleReadingId)
      : null;
  }

  @FieldResolver(() => [ReadingCell], {
    description: 'The cells of the sites that the viewer sees, in the order of the reading. At most 500.',
  })
  async cells(@Root() { id }: ReadingRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadCellsOfReadings).load(id)) ?? [];
  }

  @FieldResolver(() => Int)
  async cellCount(@Root() { id }: ReadingRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadCellCounts).load(id))?.cells ?? 0;
  }

  @FieldResolver(() => Int, { description: 'The number of cells on which the reader has decided.' })
  async decidedCount(@Root() { id }: ReadingRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadCellCounts).load(id))?.decided ?? 0;
  }
}

/** A cell after a mutation of its reader. */
function changedCell(
  context: RequestContext,
  { readingId, place }: { readingId: string; place: number },
): Promise<ReadingCellRow | null> {
  forgetBatches(context);
  return findCell(context.database, readingId, place, context.viewer ?? NO_SITES);
}

@Resolver(() => ReadingCell)
export class ReadingCellResolver {
  @FieldResolver(() => ID, { description: 'Of the cell in this reading. It does not name the prediction.' })
  id(@Root() { readingId, place }: ReadingCellRow): string {
    return `${readingId}/${place}`;
  }

  @FieldResolver(() => String, {
    description: `A JPEG of the cell. ?size= is its longest side in pixels, 16 to 1,024, by default 160. ${RELATIVE_URL}`,
  })
  pictureUrl(@Root() { readingId, place }: ReadingCellRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/readings/${readingId}/${place}/cell.jpg`);
  }

  @FieldResolver(() => [String], {
    description: 'The labels to choose from: the classes of the version that answered.',
  })
  async labels(@Root() { prediction }: ReadingCellRow, @Ctx() context: RequestContext) {
    return (await batched(context, loadClasses).load(prediction.modelVersionId)) ?? [];
  }

  @FieldResolver(() => Prediction, {
    nullable: true,
    description:
      'With the answer, the evidence and all reviews. Null in a blind reading until it is finished.',
  })
  prediction(@Root() { predictionId, reading }: ReadingCellRow, @Ctx() context: RequestContext) {
    return showsAnswers(reading) ? batched(context, loadPredictions).load(predictionId) : null;
  }

  // The review of a cell repeats the model's label if the reader gave none, so it is not shown itself.
  @FieldResolver()
  verdict(@Root() { review }: ReadingCellRow): ReadingCell['verdict'] {
    return review?.verdict ?? null;
  }

  @FieldResolver()
  label(@Root() { review }: ReadingCellRow): ReadingCell['label'] {
    return review?.verdict === 'LABEL' ? review.label : null;
  }

  @FieldResolver()
  cellType(@Root() { review }: ReadingCellRow): ReadingCell['cellType'] {
    return review?.cellType ?? null;
  }

  @FieldResolver()
  comment(@Root() { review }: ReadingCellRow): ReadingCell['comment'] {
    return review?.comment ?? null;
  }
}

@Resolver(() => DoubleReading)
export class DoubleReadingResolver {
  @Query(() => DoubleReading, { nullable: true })
  doubleReading(@Ctx() context: RequestContext, @Arg('id', () => ID) id: string) {
    return findDoubleReading(context, id);
  }

  @Query(() => [DoubleReading], {
    description:
      'The double readings of a case, or of all cases that the viewer sees, newest first. At most 50.',
  })
  doubleReadings(
    @Ctx() context: RequestContext,
    @Arg('caseId', () => ID, { nullable: true }) caseId?: string | null,
  ) {
    return listDoubleReadings(context, caseId ?? null);
  }

  @Query(() => [User], {
    description: 'Who may read the cells of a case: users who may review, and who see its site. By name.',
  })
  possibleReaders(@Ctx() context: RequestContext, @Arg('caseId', () => ID) caseId: string) {
    return possibleReaders(context, caseId);
  }

  @Query(() => [ReadingAgreement], {
    description:
      'The agreement of readers with each other and with the versions of a model, in blind readings that were finished between two times ' +
      '(from included, to excluded): for each version, newest first. Only cells that were drawn at random, or all cells of a case, count.',
  })
  readingAgreement(
    @Ctx() context: RequestContext,
    @Arg('modelName', () => String) modelName: string,
    @Arg('from', () => Date) from: Date,
    @Arg('to', () => Date) to: Date,
  ) {
    return readingAgreement(context, modelName, from, to);
  }

  @Mutation(() => DoubleReadingPayload, {
    description: 'Gives two readers the same cells of a case, to read blind and each in their own order.',
  })
  startDoubleReading(
    @Ctx() context: RequestContext,
    @Arg('input', () => StartDoubleReadingInput) input: StartDoubleReadingInput,
  ) {
    return withUserErrors<DoubleReadingPayload>(() => startDoubleReading(context, input));
  }

  @Mutation(() => ReadingPayload, {
    description:
      'Gives the viewer, who is not one of the two readers, the cells on which these differ, to read blind. If the viewer has them already, ' +
      'returns that reading.',
  })
  startThirdReading(
    @Ctx() context: RequestContext,
    @Arg('doubleReadingId', () => ID) doubleReadingId: string,
  ) {
    return withUserErrors<ReadingPayload>(() => startThirdReading(context, doubleReadingId));
  }

  @FieldResolver(() => User, { description: 'Who started it.' })
  createdBy(@Root() { createdById }: DoubleReadingRow, @Ctx() context: RequestContext) {
    return batched(context, loadUsers).load(createdById);
  }

  @FieldResolver(() => Case)
  case(@Root() { caseId }: DoubleReadingRow, @Ctx() context: RequestContext) {
    return batched(context, loadCases).load(caseId);
  }

  @FieldResolver(() => User, {
    nullable: true,
    description: 'Who was chosen to decide where the two differ. Null: anybody else who may review.',
  })
  thirdReader(@Root() { thirdReaderId }: DoubleReadingRow, @Ctx() context: RequestContext) {
    return thirdReaderId && batched(context, loadUsers).load(thirdReaderId);
  }

  @FieldResolver(() => [ReadingProgress], {
    description: 'The first and the second reader, and third readers if any.',
  })
  progress(@Root() double: DoubleReadingRow, @Ctx() context: RequestContext) {
    return progressOf(context, double);
  }

  @FieldResolver(() => Disagreements, {
    nullable: true,
    description: 'Null until both readers have finished.',
  })
  async disagreements(
    @Root() double: DoubleReadingRow,
    @Ctx() context: RequestContext,
  ): Promise<DisagreementCounts | null> {
    if (!isRead(await progressOf(context, double))) return null;
    return (await batched(context, loadDisagreements).load(double.id)) ?? { count: 0, openCount: 0 };
  }

  @FieldResolver(() => [ReadingAgreement], {
    nullable: true,
    description:
      'The agreement over all cells, and then for each version that answered, newest first. Null until both readers have finished.',
  })
  async agreement(
    @Root() double: DoubleReadingRow,
    @Ctx() context: RequestContext,
  ): Promise<ReadingAgreementRow[] | null> {
    if (!isRead(await progressOf(context, double))) return null;
    return (await batched(context, loadAgreementOfDoubleReadings).load(double.id)) ?? [];
  }
}

async function progressOf(context: RequestContext, { id }: DoubleReadingRow): Promise<ReadingProgressRow[]> {
  return (await batched(context, loadProgress).load(id)) ?? [];
}

@Resolver(() => ReadingProgress)
export class ReadingProgressResolver {
  @FieldResolver(() => User)
  reader(@Root() { readerId }: ReadingProgressRow, @Ctx() context: RequestContext) {
    return batched(context, loadUsers).load(readerId);
  }
}

@Resolver(() => ReadingAgreement)
export class ReadingAgreementResolver {
  @FieldResolver(() => ModelVersion, { nullable: true, description: 'Null: all versions together.' })
  modelVersion(@Root() { modelVersionId }: ReadingAgreementRow, @Ctx() context: RequestContext) {
    return modelVersionId && batched(context, loadModelVersions).load(modelVersionId);
  }

  @FieldResolver(() => [ReaderAgreement], { description: 'Between each reader and the model.' })
  withModel(@Root() { withModel }: ReadingAgreementRow) {
    return withModel;
  }
}

@Resolver(() => ReaderAgreement)
export class ReaderAgreementResolver {
  @FieldResolver(() => User)
  reader(@Root() { readerId }: ReadingAgreementRow['withModel'][number], @Ctx() context: RequestContext) {
    return batched(context, loadUsers).load(readerId);
  }
}
