import type { Viewer } from '../../api/context.js';
import { sha256 } from '../../artifact/artifact.js';
import type { PredictionOutcome } from '../../database/generated/enums.js';
import { newId } from '../../database/ids.js';
import type { TestServices } from '../../graphql/testing.js';

/** A cell for a test, with the answer of a version. */
export interface TestCell {
  label: string;
  outcome?: PredictionOutcome;
  /** Of the positive label. */
  probability?: number;
}

/** Stores the cells of a case, and returns the ids of the predictions in their order, and that of the case. */
export async function storeCase(
  { database }: TestServices,
  place: { modelVersionId: string; createdById: string; caseReference: string; siteId?: string },
  cells: readonly TestCell[],
): Promise<{ caseId: string; predictionIds: string[] }> {
  const rows = cells.map(({ label, outcome = 'CLASSIFIED', probability = 0.9 }) => {
    const id = newId('pred');
    return {
      ...{ id, imageSha256: sha256(Buffer.from(id)), label, outcome, ...place },
      ...{
        confidence: Math.max(probability, 1 - probability),
        probabilities: [1 - probability, probability],
      },
      ...{ outOfDistributionScore: 0, qualityWarnings: [], evidence: Buffer.alloc(4) },
      ...{ decodeMs: 1, queueMs: 1, inferenceMs: 1, totalMs: 1 },
    };
  });
  await database.image.createMany({
    data: rows.map(({ imageSha256 }) => {
      return { sha256: imageSha256, width: 1, height: 1, byteSize: 1, mediaType: 'image/png' };
    }),
  });
  await database.prediction.createMany({ data: rows });
  const { id: caseId } = await database.case.findFirstOrThrow({
    where: { reference: place.caseReference, siteId: place.siteId ?? null },
  });
  return { caseId, predictionIds: rows.map(({ id }) => id) };
}

export const CELLS =
  'cells { id place pictureUrl labels verdict label cellType comment prediction { id label outcome reviews { id label } } }';
export const READING = `id blind origin part finishedAt cellCount decidedCount case { id } doubleReading { id } createdBy { id } ${CELLS}`;

/** Runs a mutation that must not fail with other than user errors, and returns its payload. */
export async function mutate(
  services: TestServices,
  viewer: Viewer,
  mutation: string,
  variables: Record<string, unknown>,
) {
  const { data, errors } = await services.execute(mutation, variables, viewer);
  expect(errors).toEqual([]);
  const [payload] = Object.values<any>(data);
  return payload;
}

export const startReading = (services: TestServices, viewer: Viewer, input: Record<string, unknown>) =>
  mutate(
    services,
    viewer,
    `mutation ($input: StartReadingInput!) { startReading(input: $input) { reading { ${READING} } userErrors { code field message } } }`,
    { input },
  );

export const decide = (services: TestServices, viewer: Viewer, input: Record<string, unknown>) =>
  mutate(
    services,
    viewer,
    `mutation ($input: DecideOnCellInput!) { decideOnCell(input: $input) {
      cell { place verdict label cellType comment prediction { id } } userErrors { code field message } } }`,
    { input },
  );

export const undo = (services: TestServices, viewer: Viewer, input: Record<string, unknown>) =>
  mutate(
    services,
    viewer,
    `mutation ($input: UndoDecisionInput!) { undoDecision(input: $input) { cell { place verdict label comment } userErrors { code message } } }`,
    { input },
  );

export const finish = (services: TestServices, viewer: Viewer, id: string) =>
  mutate(
    services,
    viewer,
    `mutation ($id: ID!) { finishReading(id: $id) { reading { ${READING} } userErrors { code message } } }`,
    { id },
  );

/** A reading as its reader sees it now. */
export async function readingOf(services: TestServices, viewer: Viewer, id: string) {
  const { data, errors } = await services.execute(
    `query ($id: ID!) { reading(id: $id) { ${READING} } }`,
    { id },
    viewer,
  );
  expect(errors).toEqual([]);
  return data.reading;
}
