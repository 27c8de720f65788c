import sharp from 'sharp';
import type { Viewer } from '../../../api/context.js';
import { Role, Scope } from '../../../api/permissions.js';
import { casePseudonym } from '../../audit/case-pseudonym.js';
import { moveToCase } from '../../cases/move-to-case.js';
import { eraseCase } from '../../erasure/erase-case.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { newId } from '../../../database/ids.js';
import type { InferenceResult } from '../../../inference/result.js';
import { registerRandomChampion } from '../../models/testing.js';
import { evidenceMapImage } from '../evidence-map-image.js';
import { uploadOf } from '../testing.js';
import { cellImage } from './cell-image.js';
import { classifyPredictionAsField } from './classify-prediction-as-field.js';
import { drawField, drawRedCells, WHITE_CELL } from './testing.js';

let services: TestServices;
let clinician: Viewer;
let versionId: string;

beforeAll(async () => {
  services = await openTestServices();
  const engineer = await services.createViewer();
  versionId = (await registerRandomChampion(services.contextOf(engineer))).id;
  clinician = await services.createViewer(Role.CLINICIAN);
});
afterAll(() => services.close());

const CELLS: [number, number][] = [
  [120, 110],
  [330, 100],
  [230, 330],
  [450, 340],
];

const FIELD = `
  id fileName caseReference qualityWarnings createdBy { id } image { sha256 width height } modelVersion { id }
  scale { redCellDiameter uncertainty redCells }
  predictions {
    id outcome label qualityWarnings fileName caseReference region { left top width height } frame { left top width height }
    repeatOf { id } field { id } image { sha256 } modelVersion { id } evidenceMapUrl cellImageUrl reviews { id }
  }
  counts { classified { label count } indeterminate outOfDistribution }
  leftOut { reason region { left top width height } }`;

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}
const centreOf = ({ left, top, width, height }: Box) => ({ x: left + width / 2, y: top + height / 2 });

async function classifyField(bytes: Uint8Array, input: object = {}, viewer: Viewer | null = clinician) {
  const { data, errors } = await services.execute(
    `mutation ($image: Upload!, $input: ClassifyInput) {
      classifyField(image: $image, input: $input) { field { ${FIELD} } userErrors { code message field } }
    }`,
    { image: uploadOf(bytes, { filename: 'field.png' }), input },
    viewer,
  );
  expect(errors).toEqual([]);
  return data.classifyField;
}

const counts = async () => ({
  fields: await services.database.field.count(),
  predictions: await services.database.prediction.count(),
  images: await services.database.image.count(),
});

test('every whole cell of a field becomes a prediction, in reading order, and the others are left out', async () => {
  const { field, userErrors } = await classifyField(await drawField(CELLS), { caseReference: 'S-17' });
  expect(userErrors).toEqual([]);
  expect(field).toMatchObject({
    ...{ fileName: 'field.png', caseReference: 'S-17', qualityWarnings: [], createdBy: { id: clinician.id } },
    ...{ image: { width: 640, height: 480 }, modelVersion: { id: versionId } },
  });
  expect(field.scale.redCellDiameter).toBeGreaterThan(30);
  expect(field.scale.redCellDiameter).toBeLessThan(42);
  expect(field.predictions).toHaveLength(CELLS.length);
  for (const [index, prediction] of field.predictions.entries()) {
    const centre = centreOf(prediction.region);
    const [x = 0, y = 0] = CELLS[index] ?? [];
    expect(Math.abs(centre.x - x)).toBeLessThan(8);
    expect(Math.abs(centre.y - y)).toBeLessThan(8);
    expect(prediction.region.width).toBeGreaterThan(WHITE_CELL * 0.7);
    expect(prediction).toMatchObject({
      ...{ repeatOf: null, field: { id: field.id }, image: { sha256: field.image.sha256 } },
      ...{ fileName: 'field.png', caseReference: 'S-17', modelVersion: { id: versionId } },
    });
    expect(prediction.frame.width).toBe(prediction.frame.height);
  }
  const { classified, indeterminate, outOfDistribution } = field.counts;
  const numbers: number[] = [
    ...classified.map((of: { count: number }) => of.count),
    indeterminate,
    outOfDistribution,
  ];
  expect(numbers.reduce((sum, count) => sum + count, 0)).toBe(CELLS.length);
  expect(field.leftOut).toEqual([
    { reason: 'CUT_OFF', region: expect.objectContaining({ left: expect.any(Number) }) },
  ]);
  expect(field.leftOut[0].region.left).toBeGreaterThan(560);

  const { data } = await services.execute(
    `query ($id: ID!) { field(id: $id) { ${FIELD} } node(id: $id) { id } }`,
    { id: field.id },
    clinician,
  );
  expect(data).toEqual({ field, node: { id: field.id } });
});

test('the same field again repeats each cell; a single image of the same bytes does not', async () => {
  const bytes = await drawField(CELLS, [240, 230, 220]);
  const first = (await classifyField(bytes)).field;
  const second = (await classifyField(bytes)).field;
  expect(second.id).not.toBe(first.id);
  expect(second.predictions.map((cell: any) => cell.repeatOf.id)).toEqual(
    first.predictions.map(({ id }: any) => id),
  );
  expect(second.predictions.map((cell: any) => cell.frame)).toEqual(
    first.predictions.map((cell: any) => cell.frame),
  );

  const { data } = await services.execute(
    `mutation ($image: Upload!) { classify(image: $image) { prediction { repeatOf { id } region { left } field { id } } } }`,
    { image: uploadOf(bytes) },
    clinician,
  );
  expect(data.classify.prediction).toEqual({ repeatOf: null, region: null, field: null });
});

test('a repeated request gets the first field', async () => {
  const bytes = await drawField(CELLS.slice(0, 2), [241, 230, 220]);
  const input = { clientRequestId: 'field request' };
  const [first, second] = await Promise.all([classifyField(bytes, input), classifyField(bytes, input)]);
  expect(second.field).toEqual(first.field);
  expect((await classifyField(bytes, input)).field).toEqual(first.field);
  const other = await classifyField(await drawField(CELLS.slice(0, 1)), input);
  expect(other.userErrors).toMatchObject([{ code: 'CONFLICT' }]);
});

test('a picture without white cells gives a field without predictions that says so', async () => {
  const { field } = await classifyField(await drawRedCells());
  expect(field).toMatchObject({ predictions: [], leftOut: [], qualityWarnings: ['NO_CELL'] });
  expect(field.counts).toMatchObject({ indeterminate: 0, outOfDistribution: 0 });
});

test('a case that has only a field without cells has a pseudonym in the audit trail', async () => {
  await classifyField(await drawRedCells(), { caseReference: 'without cells' });
  expect(await casePseudonym(services.database, 'without cells')).toMatch(/^[0-9a-f]{32}$/);
});

test('a field is answered again if its image and the first answers are erased at the same time', async () => {
  const bytes = await drawField(CELLS, [239, 231, 221]);
  await classifyField(bytes, { caseReference: 'erased at once' });
  const administrator = services.contextOf(await services.createViewer(Role.ADMIN));
  const context = services.contextOf(clinician);
  const { firstAnswers } = context;
  let erasures = 0;
  const erasing: typeof firstAnswers = {
    ...firstAnswers,
    findAllRecorded: async (questions) => {
      const recorded = await firstAnswers.findAllRecorded(questions);
      if (erasures++ === 0) {
        await eraseCase(administrator, {
          caseReference: 'erased at once',
          reason: 'The patient has requested it.',
        });
      }
      return recorded;
    },
  };
  const { data, errors } = await services.executeIn(
    { ...context, firstAnswers: erasing },
    `mutation ($image: Upload!) {
      classifyField(image: $image) { field { predictions { repeatOf { id } } } userErrors { message } }
    }`,
    { image: uploadOf(bytes, { filename: 'field.png' }) },
  );
  expect([errors, data.classifyField.userErrors]).toEqual([[], []]);
  expect(erasures).toBe(2);
  expect(data.classifyField.field.predictions).toEqual(CELLS.map(() => ({ repeatOf: null })));
});

/** The context of a user whose cells are answered through `change`. `count` is the number of cells answered so far. */
function changingCells(change: (result: InferenceResult, count: number) => InferenceResult) {
  let count = 0;
  const context = services.contextOf(clinician);
  const { inference } = context;
  const changing: typeof inference = {
    ...inference,
    reserve: (...reserved) => {
      const place = inference.reserve(...reserved);
      return { ...place, inferCell: async (cell) => change(await place.inferCell(cell), ++count) };
    },
  };
  return { ...context, inference: changing };
}

const CLASSIFY = `mutation ($image: Upload!) { classifyField(image: $image) { field { id } userErrors { code } } }`;

test('a field that fails leaves nothing behind', async () => {
  const before = await counts();
  const bytes = await drawField(CELLS, [242, 230, 220]);
  const broken = await classifyField(bytes.subarray(0, 5000));
  expect(broken).toMatchObject({ field: null, userErrors: [{ code: 'UNREADABLE_IMAGE', field: ['image'] }] });

  let inferred = 0;
  const failing = changingCells((result, count) => {
    inferred = count;
    if (count === CELLS.length) throw new Error('The last cell fails.');
    return result;
  });
  const { errors } = await services.executeIn(failing, CLASSIFY, { image: uploadOf(bytes) });
  expect(errors).toMatchObject([{ code: 'INTERNAL_SERVER_ERROR' }]);
  expect(inferred).toBe(CELLS.length);

  // Postgres refuses the row of one cell, after the rows of the image and of the field.
  const refused = changingCells((result, count) =>
    count === 2 ? { ...result, frame: { ...result.frame, width: 2 ** 40 } } : result,
  );
  const recorded = await services.executeIn(refused, CLASSIFY, { image: uploadOf(bytes) });
  expect(recorded.errors).toMatchObject([{ code: 'INTERNAL_SERVER_ERROR' }]);
  expect(await counts()).toEqual(before);
});

test('a field whose sender disconnects while its cells are classified leaves nothing behind', async () => {
  const before = await counts();
  const disconnected = new AbortController();
  const context = changingCells((result, count) => {
    if (count === 2) disconnected.abort();
    return result;
  });
  const bytes = await drawField(CELLS, [237, 230, 220]);
  const { data } = await services.executeIn({ ...context, signal: disconnected.signal }, CLASSIFY, {
    image: uploadOf(bytes),
  });
  expect(data?.classifyField ?? null).toBeNull();
  expect(await counts()).toEqual(before);
});

test('the time of a cell is its own, without the time of the other cells and of finding them', async () => {
  const context = services.contextOf(clinician);
  const { inference } = context;
  const LONG = 60_000; // finding the cells takes so long by the clock
  const clock = performance.now.bind(performance);
  const slow: typeof inference = {
    ...inference,
    reserve: (...reserved) => {
      const place = inference.reserve(...reserved);
      const prepareField: typeof place.prepareField = async (...field) => {
        const prepared = await place.prepareField(...field);
        performance.now = () => clock() + LONG;
        return prepared;
      };
      return { ...place, prepareField };
    },
  };
  const answering = services.executeIn(
    { ...context, inference: slow },
    `mutation ($image: Upload!) { classifyField(image: $image) { field { predictions { timing { totalMs decodeMs } } } } }`,
    { image: uploadOf(await drawField(CELLS, [247, 230, 220])) },
  );
  const { data } = await answering.finally(() => (performance.now = clock));
  expect(data.classifyField.field.predictions).toHaveLength(CELLS.length);
  for (const { timing } of data.classifyField.field.predictions) {
    expect(timing.totalMs).toBeLessThan(LONG);
    expect(timing.totalMs).toBeGreaterThanOrEqual(timing.decodeMs);
  }
});

test('image and evidence map of a cell cover the same square, for those who may see images of the site', async () => {
  const { field } = await classifyField(await drawField(CELLS, [246, 230, 220]));
  const [cell] = field.predictions;
  const context = services.contextOf(clinician);
  const evidence = await evidenceMapImage(context, cell.id);
  const image = await cellImage(context, cell.id, 1024);
  const sizeOf = async (bytes: Uint8Array | undefined | null) => {
    const { width, height } = await sharp(bytes ?? undefined).metadata();
    return { width, height };
  };
  const { width, height } = cell.frame;
  expect(await sizeOf(evidence)).toEqual({ width, height });
  expect(await sizeOf(image?.bytes)).toEqual({ width, height });
  // The middle of the cell is its nucleus, which is dark.
  const middle = await sharp(image?.bytes)
    .extract({ left: width >> 1, top: height >> 1, width: 1, height: 1 })
    .raw()
    .toBuffer();
  expect(middle[1]).toBeLessThan(120);

  const auditor = services.contextOf(await services.createViewer(Role.AUDITOR));
  await expect(cellImage(auditor, cell.id, 64)).rejects.toThrow(/one of these roles is needed/);
  const elsewhere = services.contextOf({ ...clinician, siteIds: [newId('site')], seesAllSites: false });
  expect(await cellImage(elsewhere, cell.id, 1024)).toBeNull(); // although it is in the cache
  expect(await evidenceMapImage(elsewhere, cell.id)).toBeNull();
});

describe('there is a cell here', () => {
  const add = async (input: object, viewer: Viewer | null = clinician) => {
    const { data, errors } = await services.execute(
      `mutation ($input: AddFieldCellInput!) {
        addFieldCell(input: $input) {
          prediction { id outcome qualityWarnings region { left top width height } field { id } createdBy { id } }
          field { predictions { id } counts { indeterminate } }
          userErrors { code field message }
        }
      }`,
      { input },
      viewer,
    );
    return data?.addFieldCell ?? errors;
  };

  test('adds a region as large as the other cells and classifies it', async () => {
    const { field } = await classifyField(await drawField(CELLS, [243, 230, 220]));
    const added = await add({ fieldId: field.id, x: 560, y: 100 });
    expect(added.userErrors).toEqual([]);
    const centre = centreOf(added.prediction.region);
    expect([Math.abs(centre.x - 560), Math.abs(centre.y - 100)].every((distance) => distance <= 1)).toBe(
      true,
    );
    expect(added.prediction.region.width).toBeGreaterThan(WHITE_CELL * 0.7);
    expect(added.prediction).toMatchObject({ field: { id: field.id }, createdBy: { id: clinician.id } });
    expect(added.field.predictions).toHaveLength(CELLS.length + 1);
    expect(added.field.predictions.at(-1).id).toBe(added.prediction.id);

    const again = await add({ fieldId: field.id, x: 562, y: 102 });
    expect(again).toMatchObject({ prediction: null, userErrors: [{ code: 'CONFLICT' }] });
  });

  test('says that there is no cell if none can be found at the point', async () => {
    const { field } = await classifyField(await drawField(CELLS, [238, 230, 220]));
    const { prediction } = await add({ fieldId: field.id, x: 560, y: 100 });
    expect(prediction.outcome).toBe('OUT_OF_DISTRIBUTION');
    expect(prediction.qualityWarnings).toContain('NO_CELL');
  });

  test('does not show the field to a program that may only classify', async () => {
    const { field } = await classifyField(await drawField(CELLS, [241, 230, 220]));
    const program = { ...clinician, token: { id: newId('tok'), scopes: [Scope.CLASSIFY] } };
    const added = await add({ fieldId: field.id, x: 560, y: 100 }, program);
    expect(added).toMatchObject({
      prediction: { field: null, region: { top: expect.any(Number) } },
      field: null,
    });
  });

  test('refuses a point at a known cell, at a cell that is cut off, and outside of the image', async () => {
    const { field } = await classifyField(await drawField(CELLS, [244, 230, 220]));
    const before = await counts();
    const [[x, y] = [0, 0]] = CELLS;
    expect(await add({ fieldId: field.id, x, y })).toMatchObject({ userErrors: [{ code: 'CONFLICT' }] });
    expect(await add({ fieldId: field.id, x: 630, y: 240 })).toMatchObject({
      userErrors: [{ code: 'INVALID' }],
    });
    expect(await add({ fieldId: field.id, x: 640, y: 240 })).toMatchObject({
      userErrors: [{ code: 'INVALID', field: ['input', 'x'] }],
    });
    expect(await add({ fieldId: `field_${'0'.repeat(32)}`, x, y })).toMatchObject({
      userErrors: [{ code: 'NOT_FOUND' }],
    });
    expect(await counts()).toEqual(before);
  });

  test('says that the field does not exist if it is erased while the cell is classified', async () => {
    const bytes = await drawField(CELLS, [235, 230, 221]);
    const { field } = await classifyField(bytes, { caseReference: 'erased during a click' });
    const administrator = services.contextOf(await services.createViewer(Role.ADMIN));
    const context = services.contextOf(clinician);
    const { firstAnswers } = context;
    const erasing: typeof firstAnswers = {
      ...firstAnswers,
      findRecorded: async (question) => {
        const recorded = await firstAnswers.findRecorded(question);
        const reason = 'The patient has requested it.';
        await eraseCase(administrator, { caseReference: 'erased during a click', reason });
        return recorded;
      },
    };
    const before = await counts();
    const { data, errors } = await services.executeIn(
      { ...context, firstAnswers: erasing },
      `mutation ($input: AddFieldCellInput!) { addFieldCell(input: $input) { prediction { id } userErrors { code } } }`,
      { input: { fieldId: field.id, x: 560, y: 100 } },
    );
    expect(errors).toEqual([]);
    expect(data.addFieldCell).toEqual({ prediction: null, userErrors: [{ code: 'NOT_FOUND' }] });
    expect(await counts()).toEqual({
      fields: before.fields - 1,
      predictions: before.predictions - CELLS.length,
      images: before.images - 1,
    });
  });

  test('two clicks at one time add one cell', async () => {
    const { field } = await classifyField(await drawField(CELLS, [245, 230, 221]));
    const answers = await Promise.all(
      [1, 2, 3].map((shift) => add({ fieldId: field.id, x: 560 + shift, y: 100 })),
    );
    expect(answers.filter(({ prediction }) => prediction !== null)).toHaveLength(1);
    expect(answers.flatMap(({ userErrors }) => userErrors.map(({ code }: { code: string }) => code))).toEqual(
      ['CONFLICT', 'CONFLICT'],
    );
  });
});

describe('classifyPredictionAsField', () => {
  const classify = async (bytes: Uint8Array, input: object = {}): Promise<string> => {
    const { data } = await services.execute(
      `mutation ($image: Upload!, $input: ClassifyInput) {
        classify(image: $image, input: $input) { prediction { id qualityWarnings } } }`,
      { image: uploadOf(bytes, { filename: 'sent once.png' }), input },
      clinician,
    );
    expect(data.classify.prediction.qualityWarnings).toContain('SEVERAL_CELLS');
    return data.classify.prediction.id;
  };
  const asField = async (input: object, viewer: Viewer | null = clinician) => {
    const { data, errors } = await services.execute(
      `mutation ($input: ClassifyPredictionAsFieldInput!) {
        classifyPredictionAsField(input: $input) { field { ${FIELD} } userErrors { code message field } } }`,
      { input },
      viewer,
    );
    expect(errors).toEqual([]);
    return data.classifyPredictionAsField;
  };

  test('finds the cells of the stored image, for the same case, and stores no image again', async () => {
    const bytes = await drawField(CELLS, [236, 230, 220]);
    const predictionId = await classify(bytes, { caseReference: 'S-18' });
    const { images } = await counts();
    const { field, userErrors } = await asField({ predictionId });
    expect(userErrors).toEqual([]);
    expect(field).toMatchObject({
      ...{ fileName: 'sent once.png', caseReference: 'S-18', createdBy: { id: clinician.id } },
      modelVersion: { id: versionId },
    });
    expect(field.predictions).toHaveLength(CELLS.length);
    expect((await counts()).images).toBe(images);
    const sent = (await classifyField(bytes, { caseReference: 'S-18' })).field;
    expect(sent.image).toEqual(field.image);
    expect(sent.predictions.map((cell: any) => cell.repeatOf.id)).toEqual(
      field.predictions.map(({ id }: any) => id),
    );
    const { detail } = await services.database.auditEvent.findFirstOrThrow({
      where: { action: 'FIELD_CLASSIFIED', entityId: field.id },
    });
    expect(detail).toContain(predictionId);
  });

  test('a repeated request gets the first field', async () => {
    const predictionId = await classify(await drawField(CELLS.slice(0, 2), [235, 230, 220]));
    const input = { predictionId, clientRequestId: 'as a field' };
    const [first, second] = await Promise.all([asField(input), asField(input)]);
    expect(second.field.id).toBe(first.field.id);
    expect((await asField({ predictionId })).field.id).not.toBe(first.field.id);
  });

  test('refuses a cell of a field, and what does not exist', async () => {
    const { field } = await classifyField(await drawField(CELLS.slice(0, 1), [234, 230, 220]));
    const [cell] = field.predictions;
    expect((await asField({ predictionId: cell.id })).userErrors).toEqual([
      {
        ...{ code: 'INVALID', field: ['input', 'predictionId'] },
        message: `This prediction is a cell of a field already: ${field.id}.`,
      },
    ]);
    expect(await asField({ predictionId: newId('pred') })).toMatchObject({
      ...{ field: null, userErrors: [{ code: 'NOT_FOUND', field: ['input', 'predictionId'] }] },
    });
  });

  test('records the field in the case that the prediction was moved to in the meantime', async () => {
    const bytes = await drawField(CELLS.slice(0, 2), [231, 230, 220]);
    const predictionId = await classify(bytes, { caseReference: 'moved before its field' });
    const context = services.contextOf(clinician);
    const caseReference = 'case of the moved field';
    const firstAnswers: typeof context.firstAnswers = {
      ...context.firstAnswers,
      findAllRecorded: async (questions) => {
        await moveToCase(context, { predictionIds: [predictionId], caseReference });
        return context.firstAnswers.findAllRecorded(questions);
      },
    };
    const field = await classifyPredictionAsField(
      { ...context, firstAnswers },
      { predictionId, clientRequestId: null },
    );
    expect(field.caseReference).toBe(caseReference);
    const where = { id: field.id };
    expect(await services.database.field.findUniqueOrThrow({ where })).toMatchObject({ caseReference });
    const cells = await services.database.prediction.findMany({ where: { fieldId: field.id } });
    expect(cells.map((cell) => cell.caseReference)).toEqual([caseReference, caseReference]);
  });

  test('records nothing for a case that is erased in the meantime', async () => {
    const caseReference = 'erased before its field';
    const bytes = await drawField(CELLS.slice(0, 2), [233, 230, 220]);
    const predictionId = await classify(bytes, { caseReference });
    await classify(bytes); // another case keeps the image
    const engineer = await services.createViewer();
    const before = (await counts()).fields;
    const context = services.contextOf(clinician);
    const firstAnswers: typeof context.firstAnswers = {
      ...context.firstAnswers,
      findAllRecorded: async (questions) => {
        const reason = 'The patient has requested it.';
        await eraseCase(services.contextOf(engineer), { caseReference, reason });
        return context.firstAnswers.findAllRecorded(questions);
      },
    };
    const classifying = classifyPredictionAsField(
      { ...context, firstAnswers },
      { predictionId, clientRequestId: null },
    );
    await expect(classifying).rejects.toMatchObject({ errors: [{ code: 'NOT_FOUND' }] });
    expect((await counts()).fields).toBe(before);
    expect(await services.database.field.count({ where: { caseReference } })).toBe(0);
  });
});

test('fields are listed newest first, and by case, user, image and time', async () => {
  const engineer = await services.createViewer();
  const bytes = await drawField(CELLS.slice(0, 2), [232, 230, 220]);
  const first = (await classifyField(bytes, { caseReference: 'listed' }, engineer)).field;
  const second = (await classifyField(bytes, {}, engineer)).field;
  const list = async (filter: object, viewer: Viewer | null = clinician) => {
    const { data, errors } = await services.execute(
      `query ($filter: FieldFilter) {
        fields(filter: $filter, first: 10) {
          totalCount edges { node { id createdAt counts { classified { count } indeterminate outOfDistribution } } } } }`,
      { filter },
      viewer,
    );
    if (errors.length > 0) return errors;
    expect(data.fields.totalCount).toBeGreaterThanOrEqual(data.fields.edges.length);
    return data.fields.edges.map(({ node }: any) => node);
  };
  const idsOf = async (filter: object) => (await list(filter)).map(({ id }: { id: string }) => id);
  expect((await idsOf({})).slice(0, 2)).toEqual([second.id, first.id]);
  const [newest, oldest] = await list({ createdById: engineer.id });
  expect([newest.id, oldest.id]).toEqual([second.id, first.id]);
  expect(newest.counts).toEqual({
    ...second.counts,
    classified: second.counts.classified.map(({ count }: any) => ({ count })),
  });
  expect(await idsOf({ imageSha256: first.image.sha256 })).toEqual([second.id, first.id]);
  expect(await idsOf({ caseReference: 'listed' })).toEqual([first.id]);
  const createdById = engineer.id;
  expect(await idsOf({ createdById, createdAfter: newest.createdAt })).toEqual([second.id]);
  expect(await idsOf({ createdById, createdBefore: newest.createdAt })).toEqual([first.id]);

  const auditor = await services.createViewer(Role.AUDITOR);
  expect(await list({ caseReference: 'listed' }, auditor)).toMatchObject([{ code: 'FORBIDDEN' }]);
  expect(await list({ createdById }, auditor)).toHaveLength(2);
  expect(await list({ createdById: newId('user') })).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect(await list({ siteId: newId('site') })).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect(await list({ imageSha256: 'x' })).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
});
