import type { Viewer } from '../../api/context.js';
import { Role, Scope } from '../../api/permissions.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { drawSmear } from '../../imaging/testing.js';
import { registerRandomChampion } from '../models/testing.js';
import { uploadOf } from './testing.js';

let services: TestServices;
let clinician: Viewer;

beforeAll(async () => {
  services = await openTestServices();
  clinician = await services.createViewer(Role.CLINICIAN);
  await registerRandomChampion(services.contextOf(await services.createViewer()));
});
afterAll(() => services.close());

const smear = (seed: number) => drawSmear({ seed }).png().toBuffer();

async function classify(bytes: Uint8Array, input: Record<string, unknown>, viewer = clinician) {
  const { data, errors } = await services.execute(
    `mutation ($image: Upload!, $input: ClassifyInput) {
      classify(image: $image, input: $input) { prediction { id label confidence } userErrors { code field } }
    }`,
    { image: uploadOf(bytes), input },
    viewer,
  );
  expect(errors).toEqual([]);
  return data.classify;
}

const count = async () => ({
  predictions: await services.database.prediction.count(),
  events: await services.database.auditEvent.count({ where: { action: 'IMAGE_CLASSIFIED' } }),
});

test('a repeated request gets the first prediction, and nothing is recorded again', async () => {
  const bytes = await smear(1);
  const input = { clientRequestId: 'slide 7, cell 1', caseReference: 'case 7' };
  const first = await classify(bytes, input);
  const before = await count();
  expect(await classify(bytes, input)).toEqual(first);
  expect(await classify(bytes, { ...input, caseReference: ' case 7 ' })).toEqual(first);
  expect(await count()).toEqual(before);
});

test('ten attempts at the same time make one prediction, with and without an earlier answer to the image', async () => {
  const bytes = await smear(2);
  for (const clientRequestId of ['ten', 'ten more']) {
    const before = await count();
    const answers = await Promise.all(Array.from({ length: 10 }, () => classify(bytes, { clientRequestId })));
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    expect(new Set(answers.map(({ prediction }) => prediction.id)).size).toBe(1);
    expect(await count()).toEqual({ predictions: before.predictions + 1, events: before.events + 1 });
  }
});

test('the same id with another image, case or version is a conflict, and nothing is recorded', async () => {
  const bytes = await smear(3);
  const clientRequestId = 'conflict';
  await classify(bytes, { clientRequestId });
  const before = await count();
  const conflict = {
    prediction: null,
    userErrors: [{ code: 'CONFLICT', field: ['input', 'clientRequestId'] }],
  };
  expect(await classify(await smear(4), { clientRequestId })).toEqual(conflict);
  expect(await classify(bytes, { clientRequestId, caseReference: 'another' })).toEqual(conflict);
  expect(await classify(bytes, { clientRequestId, modelName: 'reference' })).toEqual(conflict);
  expect(await count()).toEqual(before);
});

test('an id belongs to one user, and is forgotten after 24 hours', async () => {
  const bytes = await smear(5);
  const colleague = await services.createViewer(Role.CLINICIAN);
  const first = await classify(bytes, { clientRequestId: 'shared' });
  const other = await classify(bytes, { clientRequestId: 'shared' }, colleague);
  expect(other.prediction.id).not.toBe(first.prediction.id);

  await services.database.$executeRaw`
    UPDATE "ClientRequest" SET "createdAt" = "createdAt" - interval '25 hours' WHERE "userId" = ${clinician.id}`;
  const later = await classify(bytes, { clientRequestId: 'shared' });
  expect(later.prediction.id).not.toBe(first.prediction.id);
  expect(await classify(bytes, { clientRequestId: 'shared' })).toEqual(later);
  const kept = await services.database.clientRequest.findMany({ where: { userId: clinician.id } });
  expect(kept.map(({ key }) => key)).toEqual(['shared']); // the expired ones have been removed
});

test('an id that is too long or not plain text is refused', async () => {
  const bytes = await smear(6);
  for (const clientRequestId of ['a'.repeat(201), 'a\u0007b'])
    expect(await classify(bytes, { clientRequestId })).toMatchObject({
      userErrors: [{ code: 'INVALID', field: ['input', 'clientRequestId'] }],
    });
});

test('a repeat after the case was erased is a conflict', async () => {
  const bytes = await smear(7);
  const input = { clientRequestId: 'erased', caseReference: 'case to erase' };
  await classify(bytes, input);
  const admin = await services.createViewer(Role.ADMIN);
  const { data } = await services.execute(
    `mutation ($input: EraseCaseInput!) { eraseCase(input: $input) { userErrors { message } } }`,
    { input: { caseReference: 'case to erase', reason: 'The patient asked.' } },
    admin,
  );
  expect(data.eraseCase.userErrors).toEqual([]);
  expect((await classify(bytes, input)).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
});

test('a program that may only classify can repeat its requests', async () => {
  const bytes = await smear(8);
  const program = { ...clinician, token: { id: newId('tok'), scopes: [Scope.CLASSIFY] } };
  const first = await classify(bytes, { clientRequestId: 'of a program' }, program);
  expect(await classify(bytes, { clientRequestId: 'of a program' }, program)).toEqual(first);
});

test('the erasure of a case leaves nothing from which its reference can be found by trying', async () => {
  const bytes = await smear(9);
  await classify(bytes, { clientRequestId: 'to forget', caseReference: 'case 0815' });
  const earlier = await services.database.clientRequest.findFirstOrThrow({ where: { key: 'to forget' } });
  await services.execute(
    `mutation ($input: EraseCaseInput!) { eraseCase(input: $input) { userErrors { message } } }`,
    { input: { caseReference: 'case 0815', reason: 'The patient asked.' } },
    await services.createViewer(Role.ADMIN),
  );
  const left = await services.database.clientRequest.findFirstOrThrow({ where: { key: 'to forget' } });
  expect(left).toEqual({ ...earlier, contentSha256: '' });
});
