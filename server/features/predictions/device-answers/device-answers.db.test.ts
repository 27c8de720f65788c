import { Role } from '../../../api/permissions.js';
import type { Viewer } from '../../../api/context.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { drawSmear } from '../../../imaging/testing.js';
import { registerRandomChampion, registerRandomVersion } from '../../models/testing.js';
import { uploadOf } from '../testing.js';

let services: TestServices;
let clinician: Viewer;
let champion: { id: string };

beforeAll(async () => {
  services = await openTestServices();
  clinician = await services.createViewer(Role.CLINICIAN);
  const admin = await services.createViewer(Role.ADMIN);
  champion = await registerRandomChampion(services.contextOf(admin), { modelName: 'reference' });
});
afterAll(() => services.close());

const ANSWER = 'deviceAnswer { outcome label probability answeredAt modelVersion { id version } }';
const CLASSIFY = `mutation ($image: Upload!, $input: ClassifyInput) {
  classify(image: $image, input: $input) {
    prediction { id outcome ${ANSWER} } userErrors { code field message }
  }
}`;

const answeredAt = '2026-11-29T10:00:00.000Z';
const deviceAnswer = () => ({
  modelVersionId: champion.id,
  outcome: 'CLASSIFIED',
  label: 'blast',
  probability: 0.97,
  answeredAt,
});
const draw = (seed: number) => drawSmear({ seed }).png().toBuffer();

async function classify(bytes: Buffer, input: Record<string, unknown>) {
  const { data, errors } = await services.execute(CLASSIFY, { image: uploadOf(bytes), input }, clinician);
  expect(errors).toEqual([]);
  return data.classify;
}

test("the device's answer is kept beside the server's, also for an image that was answered before", async () => {
  const bytes = await draw(1);
  const without = await classify(bytes, {});
  expect(without.prediction.deviceAnswer).toBeNull();

  const { prediction, userErrors } = await classify(bytes, { deviceAnswer: deviceAnswer() });
  expect(userErrors).toEqual([]);
  expect(prediction.outcome).toBe(without.prediction.outcome); // it has no influence
  const { modelVersionId, ...rest } = deviceAnswer();
  const expected = { ...rest, modelVersion: { id: modelVersionId, version: 1 } };
  expect(prediction.deviceAnswer).toEqual(expected);

  const { data } = await services.execute(
    `query ($id: ID!) { prediction(id: $id) { ${ANSWER} } }`,
    { id: prediction.id },
    clinician,
  );
  expect(data.prediction.deviceAnswer).toEqual(expected);
});

test('a repeated request gives the same prediction, even if the device has answered again in between', async () => {
  const bytes = await draw(2);
  const input = { clientRequestId: 'held image 1', deviceAnswer: deviceAnswer() };
  const first = await classify(bytes, input);
  expect(await classify(bytes, input)).toEqual(first);
  const answeredAgain = { ...deviceAnswer(), probability: 0.9 };
  expect(await classify(bytes, { ...input, deviceAnswer: answeredAgain })).toEqual(first);
});

test.each([
  [
    'an unknown version',
    { modelVersionId: 'mver_01900000000070008000000000000000' },
    'NOT_FOUND',
    'modelVersionId',
  ],
  ['a label that is not of the version', { label: 'lymphocyte' }, 'INVALID', 'label'],
  ['a probability above 1', { probability: 1.5 }, 'INVALID', 'probability'],
  ['a probability that does not belong to the label', { probability: 0.2 }, 'INVALID', 'label'],
])('%s is refused, and nothing is recorded', async (_what, wrong, code, field) => {
  const before = await services.database.prediction.count();
  const { prediction, userErrors } = await classify(await draw(3), {
    deviceAnswer: { ...deviceAnswer(), ...wrong },
  });
  expect(prediction).toBeNull();
  expect(userErrors).toMatchObject([{ code, field: ['input', 'deviceAnswer', field] }]);
  expect(await services.database.prediction.count()).toBe(before);
});

test('an answer with a time in the future has the time of the upload', async () => {
  const { prediction, userErrors } = await classify(await draw(5), {
    deviceAnswer: { ...deviceAnswer(), answeredAt: '2999-01-01T00:00:00.000Z' },
  });
  expect(userErrors).toEqual([]);
  const age = Date.now() - new Date(prediction.deviceAnswer.answeredAt).getTime();
  expect(age).toBeGreaterThanOrEqual(0);
  expect(age).toBeLessThan(60_000);
});

test('requests for several images or cells do not take it', async () => {
  const input = { deviceAnswer: deviceAnswer() };
  const image = uploadOf(await draw(4));
  const images = await services.execute(
    `mutation ($images: [Upload!]!, $input: ClassifyInput) {
      classifyImages(images: $images, input: $input) { results { fileName } userErrors { code field } }
    }`,
    { images: [image], input },
    clinician,
  );
  const refusal = { code: 'INVALID', field: ['input', 'deviceAnswer'] };
  expect(images.data.classifyImages.userErrors).toEqual([refusal]);
  const field = await services.execute(
    `mutation ($image: Upload!, $input: ClassifyInput) {
      classifyField(image: $image, input: $input) { field { id } userErrors { code field } }
    }`,
    { image: uploadOf(await draw(4)), input },
    clinician,
  );
  expect(field.data.classifyField.userErrors).toEqual([refusal]);
});

test('the API gives the version that would answer', async () => {
  const ask = async (variables: Record<string, string>) => {
    const { data, errors } = await services.execute(
      `query ($modelName: String, $modelVersionId: ID) {
        answeringVersion(modelName: $modelName, modelVersionId: $modelVersionId) { id files { name sha256 } }
      }`,
      variables,
      clinician,
    );
    expect(errors).toEqual([]);
    return data.answeringVersion;
  };
  const answering = await ask({});
  expect(answering.id).toBe(champion.id);
  expect(answering.files.map(({ name }: { name: string }) => name)).toContain('weights.bin');
  expect((await ask({ modelName: 'reference' })).id).toBe(champion.id);
  const other = await registerRandomVersion(services, { modelName: 'reference', seed: 2 });
  expect((await ask({ modelVersionId: other.id })).id).toBe(other.id);
  expect(await ask({ modelName: 'unknown' })).toBeNull();
});
