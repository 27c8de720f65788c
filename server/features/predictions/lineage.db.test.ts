import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { writeArtifact } from '../../artifact/artifact-store.js';
import { randomArtifact } from '../../artifact/testing.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { drawSmear } from '../../imaging/testing.js';
import { artifactPrefix } from '../../storage/keys.js';
import { createSnapshot, digestOf } from '../datasets/testing.js';
import { nextVersion, registerModelVersion } from '../models/registration/register-model-version.js';
import { TrainingParameters } from '../training/parameters.js';
import { recordRunItems } from '../training/run-items.js';
import { classifyBytes } from './testing.js';

let services: TestServices;
let viewer: Viewer;

beforeAll(async () => {
  services = await openTestServices();
  viewer = await services.createViewer(Role.ML_ENGINEER);
});
afterAll(() => services.close());

const keyOf = (index: number) => `blast/${String(index).padStart(3, '0')}`;
const SPLITS = ['train', 'validation', 'test'];
const splitOf = (index: number) => SPLITS[index % 3] ?? '';

/** A version trained by a run on a snapshot of `count` images, which the run split into parts. */
async function trainedVersion(count: number): Promise<{ id: string; snapshotId: string }> {
  const { database, store } = services;
  const items = Array.from({ length: count }, (_, index) => ({
    image: `image ${index}`,
    group: `patient ${index % 7}`,
  }));
  const snapshot = await createSnapshot(database, items, {}, (_, index) => keyOf(index));
  const { manifest, digest, ...files } = randomArtifact();
  const version = await database.$transaction(async (tx) => {
    const number = await nextVersion(tx, store, 'reference');
    await writeArtifact(store, artifactPrefix('reference', number), { manifest, digest, ...files });
    const model = await tx.model.findFirstOrThrow();
    const run = await tx.trainingRun.create({
      data: {
        id: newId('run'),
        status: 'SUCCEEDED',
        modelId: model.id,
        datasetSnapshotId: snapshot.id,
        positiveLabel: 'blast',
        parameters: TrainingParameters.parse({}),
        seed: 1,
      },
    });
    const inSplit = (split: string) =>
      items.flatMap((_, index) => (splitOf(index) === split ? [keyOf(index)] : []));
    await recordRunItems(tx, run.id, Object.fromEntries(SPLITS.map((split) => [split, inSplit(split)])));
    return registerModelVersion(tx, {
      modelName: 'reference',
      version: number,
      manifest,
      digest,
      modelCard: '# A test model',
      trainingRunId: run.id,
      datasetSnapshotId: snapshot.id,
    });
  });
  return { id: version.id, snapshotId: snapshot.id };
}

const ITEMS =
  'totalCount pageInfo { hasNextPage endCursor } edges { node { key label group split image { sha256 url } } }';
const LINEAGE = `query ($id: ID!, $after: String, $split: String) { prediction(id: $id) {
  image { sha256 }
  modelVersion { id digest files { name sha256 url }
    datasetSnapshot { id digest items(first: 50, after: $after) { ${ITEMS} } }
    trainingRun { seed parameters { name } datasetSnapshot { id }
      items(first: 50, after: $after, split: $split) { ${ITEMS} } } } } }`;

interface ItemNode {
  key: string;
  split: string | null;
  image: { sha256: string };
}

/** All items of a list, read page by page. */
async function allItems(
  id: string,
  of: 'datasetSnapshot' | 'trainingRun',
  split: string | null = null,
): Promise<ItemNode[]> {
  const items: ItemNode[] = [];
  for (let after: string | null = null; ;) {
    const { data, errors } = await services.execute(LINEAGE, { id, after, split }, viewer);
    expect(errors).toEqual([]);
    const { edges, pageInfo, totalCount } = data.prediction.modelVersion[of].items;
    items.push(...edges.map(({ node }: { node: ItemNode }) => node));
    if (!pageInfo.hasNextPage) {
      expect(items).toHaveLength(totalCount);
      return items;
    }
    after = pageInfo.endCursor;
  }
}

test('from a prediction, every training image of its version can be found', async () => {
  const count = 120;
  const version = await trainedVersion(count);
  const prediction = await classifyBytes(services.contextOf(viewer), {
    bytes: await drawSmear().png().toBuffer(),
    fileName: null,
    caseReference: null,
    modelName: null,
    modelVersionId: version.id,
  });

  const { data } = await services.execute(LINEAGE, { id: prediction.id }, viewer);
  expect(data.prediction.modelVersion).toMatchObject({
    id: version.id,
    datasetSnapshot: { id: version.snapshotId },
    trainingRun: { seed: 1, datasetSnapshot: { id: version.snapshotId } },
  });

  const images = (items: ItemNode[]) => items.map(({ image }) => image.sha256);
  const everyImage = Array.from({ length: count }, (_, index) => digestOf(`image ${index}`));
  const ofSnapshot = await allItems(prediction.id, 'datasetSnapshot');
  expect(images(ofSnapshot)).toEqual(everyImage);
  expect(ofSnapshot.every(({ split }) => split === null)).toBe(true);

  const ofRun = await allItems(prediction.id, 'trainingRun');
  expect(images(ofRun)).toEqual(everyImage);
  expect(ofRun.map(({ split }) => split)).toEqual(ofRun.map((_, index) => splitOf(index)));
  const trainedOn = await allItems(prediction.id, 'trainingRun', 'train');
  expect(images(trainedOn)).toEqual(everyImage.filter((_, index) => splitOf(index) === 'train'));
});

test('the inputs of a run cannot be changed', async () => {
  const { ownerDatabase: database } = services;
  await expect(database.trainingRunItem.updateMany({ data: { split: 'test' } })).rejects.toThrow(
    'append-only',
  );
  await expect(database.trainingRunItem.deleteMany()).rejects.toThrow('append-only');
});
