import type { Upload } from 'graphql-upload-minimal';
import { parse, subscribe } from 'graphql';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { Viewer } from '../../api/context.js';
import { Role } from '../../api/permissions.js';
import { randomArtifact } from '../../artifact/testing.js';
import { createDatabase, type Database } from '../../database/client.js';
import { newId } from '../../database/ids.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { drawSmear } from '../../imaging/testing.js';
import { interpret } from '../../decision/interpret.js';
import type { InferencePool } from '../../inference/pool.js';
import { imageKey } from '../../storage/keys.js';
import { imageFile, imageThumbnail } from '../images/image-file.js';
import { registerRandomChampion, registerRandomVersion } from '../models/testing.js';
import { evidenceMapImage } from './evidence-map-image.js';
import type { PredictionRow } from './load-predictions.js';
import { createPredictionServices, type PredictionServices } from './prediction-services.js';
import type { NewPrediction } from './record-predictions.js';
import { brokenUpload, classifyBytes, uploadOf, withInfer } from './testing.js';

const MAX_UPLOAD_BYTES = 300_000;

let services: TestServices;
let clinician: Viewer;
let champion: { id: string };

beforeAll(async () => {
  services = await openTestServices({ maxUploadBytes: MAX_UPLOAD_BYTES });
  clinician = await services.createViewer(Role.CLINICIAN);
  const admin = await services.createViewer(Role.ADMIN);
  champion = await registerRandomChampion(services.contextOf(admin), { modelName: 'reference' });
});
afterAll(() => services.close());

const classifyMutation = `mutation ($image: Upload!, $input: ClassifyInput) {
  classify(image: $image, input: $input) {
    prediction {
      id createdAt createdBy { id } caseReference fileName outcome label confidence probabilities { label probability }
      outOfDistributionScore qualityWarnings evidenceMapUrl finalLabel reviews { id }
      image { sha256 width height byteSize mediaType url thumbnailUrl }
      modelVersion { id model { name } }
      timing { decodeMs queueMs inferenceMs totalMs }
    }
    userErrors { code field message }
  }
}`;

async function classify(image: Upload, input?: Record<string, unknown>, viewer: Viewer | null = clinician) {
  const { data, errors } = await services.execute(classifyMutation, { image, input }, viewer);
  expect(errors).toEqual([]);
  return data.classify;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const smear = (seed: number) => drawSmear({ seed }).png().toBuffer();

async function storedCounts() {
  const images: string[] = [];
  for await (const { key } of services.store.list('images/')) images.push(key);
  const { database } = services;
  const [rows, predictions, events] = await Promise.all([
    database.image.count(),
    database.prediction.count(),
    database.auditEvent.count({ where: { action: 'IMAGE_CLASSIFIED' } }),
  ]);
  return { objects: images.length, rows, predictions, events };
}

test('a prediction and its image are stored before the response', async () => {
  const bytes = await drawSmear({ seed: 1, width: 300, height: 240 }).png().toBuffer();
  const { prediction, userErrors } = await classify(uploadOf(bytes, { filename: 'C:\\slides\\cell 1.png' }), {
    caseReference: '  case 7  ',
  });
  expect(userErrors).toEqual([]);
  const key = sha256(bytes);
  expect(prediction).toMatchObject({
    createdBy: { id: clinician.id },
    caseReference: 'case 7',
    fileName: 'cell 1.png',
    outcome: 'CLASSIFIED',
    finalLabel: prediction.label,
    reviews: [],
    image: {
      sha256: key,
      width: 300,
      height: 240,
      byteSize: bytes.length,
      mediaType: 'image/png',
      url: `/files/images/${key}`,
    },
    modelVersion: { id: champion.id, model: { name: 'reference' } },
    evidenceMapUrl: `/files/predictions/${prediction.id}/evidence.png`,
  });
  expect(await services.store.get(imageKey(key))).toEqual(bytes);

  // The same as the output of the network.
  const result = await services.inference.infer(champion.id, bytes);
  const answer = interpret(randomArtifact().manifest, result);
  expect(prediction.label).toBe(answer.label);
  expect(prediction.confidence).toBeCloseTo(answer.confidence, 6);
  expect(prediction.probabilities.map(({ label }: { label: string }) => label)).toEqual(['normal', 'blast']);
  const [negative, positive] = prediction.probabilities;
  expect(Number(negative.probability) + Number(positive.probability)).toBeCloseTo(1, 9);
  expect(Math.max(negative.probability, positive.probability)).toBe(prediction.confidence);
  const { decodeMs, queueMs, inferenceMs, totalMs } = prediction.timing;
  for (const part of [decodeMs, queueMs, inferenceMs]) expect(part).toBeGreaterThanOrEqual(0);
  expect(totalMs).toBeGreaterThanOrEqual(inferenceMs);

  const row = await services.database.prediction.findUniqueOrThrow({ where: { id: prediction.id } });
  expect(row.createdAt.toISOString()).toBe(new Date(prediction.createdAt).toISOString());
  const event = await services.database.auditEvent.findFirstOrThrow({ where: { entityId: prediction.id } });
  const { outcome, label, confidence } = row;
  expect(event).toMatchObject({
    ...{ actorId: clinician.id, action: 'IMAGE_CLASSIFIED', outcome: 'success', ip: '192.0.2.1' },
    answer: { outcome, label, confidence }, // every digit of the confidence
  });
});

test('users who may see images can fetch the evidence map, the image and the thumbnail', async () => {
  const bytes = await drawSmear({ seed: 2, width: 310, height: 200 }).jpeg().toBuffer();
  const { prediction } = await classify(uploadOf(bytes));
  const context = services.contextOf(await services.createViewer(Role.ML_ENGINEER));

  const evidence = await evidenceMapImage(context, prediction.id);
  expect(await sharp(evidence ?? undefined).metadata()).toMatchObject({
    format: 'png',
    width: 310,
    height: 200,
  });
  expect(await imageFile(context, sha256(bytes))).toEqual({ bytes, mediaType: 'image/jpeg' });
  const thumbnail = await imageThumbnail(context, sha256(bytes), 64);
  expect(await sharp(thumbnail ?? undefined).metadata()).toMatchObject({ width: 64 });

  expect(await imageFile(context, '0'.repeat(64))).toBeNull();
  expect(await imageFile(context, '../../etc/passwd')).toBeNull();
  expect(await evidenceMapImage(context, 'pred_\u0000')).toBeNull();
  const stranger = services.contextOf(null);
  await expect(imageFile(stranger, sha256(bytes))).rejects.toThrow('Sign in');
  await expect(imageThumbnail(stranger, sha256(bytes), 64)).rejects.toThrow('Sign in');
  await expect(evidenceMapImage(stranger, prediction.id)).rejects.toThrow('Sign in');
});

test('nothing is stored for a user who may not classify, even if the upload is broken', async () => {
  const before = await storedCounts();
  const bytes = await smear(3);
  const auditor = await services.createViewer(Role.AUDITOR);
  const upload = uploadOf(bytes);
  const broken = brokenUpload(new Error('cut off'));
  for (const [image, viewer, code] of [
    [upload, auditor, 'FORBIDDEN'],
    [upload, null, 'UNAUTHENTICATED'],
    [broken, null, 'UNAUTHENTICATED'],
    [upload, { ...clinician, passwordIsOneTime: true }, 'FORBIDDEN'],
  ] as const) {
    const { errors } = await services.execute(classifyMutation, { image }, viewer);
    expect(errors).toMatchObject([{ code }]);
  }
  expect(await storedCounts()).toEqual(before);
});

describe('a bad upload is refused with a reason, and nothing is stored', () => {
  const cases: [string, () => Promise<Upload>, string][] = [
    ['empty', async () => uploadOf(Buffer.alloc(0)), 'UNREADABLE_IMAGE'],
    [
      'not an image',
      async () => uploadOf(Buffer.from('%PDF-1.7 not an image'), { filename: 'a.jpg' }),
      'UNREADABLE_IMAGE',
    ],
    ['truncated', async () => uploadOf((await smear(4)).subarray(0, 4000)), 'UNREADABLE_IMAGE'],
    ['a decompression bomb', async () => uploadOf(await bomb()), 'UNREADABLE_IMAGE'],
    [
      'CMYK',
      async () => uploadOf(await drawSmear().toColourspace('cmyk').jpeg().toBuffer()),
      'UNREADABLE_IMAGE',
    ],
    [
      'SVG',
      async () => uploadOf(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')),
      'UNREADABLE_IMAGE',
    ],
    ['too large', async () => uploadOf(Buffer.alloc(MAX_UPLOAD_BYTES + 1)), 'TOO_LARGE'],
    ['truncated by the parser', async () => uploadOf(await smear(5), { truncated: true }), 'TOO_LARGE'],
  ];
  const bomb = () =>
    sharp({
      create: { width: 20_000, height: 20_000, channels: 3, background: 'white' },
      limitInputPixels: false,
    })
      .png({ compressionLevel: 9 })
      .toBuffer()
      .then((png) => png.subarray(0, MAX_UPLOAD_BYTES));

  test.each(cases)('%s', async (_name, upload, code) => {
    const before = await storedCounts();
    const { prediction, userErrors } = await classify(await upload());
    expect(prediction).toBeNull();
    expect(userErrors).toMatchObject([{ code, field: ['image'] }]);
    expect(userErrors[0].message).toMatch(/\.$/);
    expect(await storedCounts()).toEqual(before);
  });

  test('a request without the file that it names is malformed', async () => {
    const fault = Object.assign(new Error('File missing in the request.'), { status: 400 });
    const image = brokenUpload(fault);
    const { errors } = await services.execute(classifyMutation, { image }, clinician);
    expect(errors).toMatchObject([{ code: 'BAD_USER_INPUT', message: fault.message }]);
  });

  test('a case reference that is too long or not plain text', async () => {
    const before = await storedCounts();
    for (const caseReference of ['x'.repeat(201), 'a\u0000b', 'half a pair \ud800']) {
      const { userErrors } = await classify(uploadOf(await smear(6)), { caseReference });
      expect(userErrors).toMatchObject([{ code: 'INVALID', field: ['input', 'caseReference'] }]);
    }
    expect(await storedCounts()).toEqual(before);
  });
});

test('concurrent uploads are all recorded, and equal bytes are stored once', async () => {
  const before = await storedCounts();
  const distinct = await Promise.all([11, 12, 13, 14, 15].map(smear));
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, index) => classify(uploadOf(distinct[index % 5] ?? Buffer.alloc(0)))),
  );
  expect(outcomes.flatMap(({ userErrors }) => userErrors)).toEqual([]);
  expect(new Set(outcomes.map(({ prediction }) => prediction.id)).size).toBe(20);
  expect(await storedCounts()).toEqual({
    objects: before.objects + 5,
    rows: before.rows + 5,
    predictions: before.predictions + 20,
    events: before.events + 20,
  });
});

test('a caller can choose the model by name or the version by id', async () => {
  const image = await smear(20);
  const engineer = await services.createViewer(Role.ML_ENGINEER);
  const other = await registerRandomChampion(services.contextOf(engineer), { modelName: 'other', seed: 2 });
  const version = await registerRandomVersion(services, { modelName: 'other', seed: 3 });
  const answeredBy = async (input: Record<string, unknown>) =>
    (await classify(uploadOf(image), input)).prediction?.modelVersion.id;

  expect(await answeredBy({})).toBe(champion.id);
  expect(await answeredBy({ modelName: 'other' })).toBe(other.id);
  expect(await answeredBy({ modelVersionId: version.id })).toBe(version.id);
  expect(await answeredBy({ modelVersionId: version.id, modelName: 'other' })).toBe(version.id);

  const refusal = async (input: Record<string, unknown>) =>
    (await classify(uploadOf(image), input)).userErrors;
  expect(await refusal({ modelName: 'nowhere' })).toMatchObject([
    { code: 'NOT_FOUND', field: ['input', 'modelName'] },
  ]);
  expect(await refusal({ modelVersionId: `mver_${'0'.repeat(32)}` })).toMatchObject([{ code: 'NOT_FOUND' }]);
  expect(await refusal({ modelVersionId: 'mver_1' })).toMatchObject([{ code: 'INVALID' }]);
  expect(await refusal({ modelVersionId: version.id, modelName: 'reference' })).toMatchObject([
    { code: 'INVALID' },
  ]);
  await services.database.modelVersion.update({ where: { id: version.id }, data: { status: 'ARCHIVED' } });
  expect(await refusal({ modelVersionId: version.id })).toMatchObject([{ code: 'INVALID' }]);

  const tampered = await registerRandomVersion(services, { modelName: 'other', seed: 4 });
  await services.store.put(`models/other/${tampered.version}/model.onnx`, Buffer.from('something else'));
  expect(await refusal({ modelVersionId: tampered.id })).toMatchObject([{ code: 'NO_ACTIVE_MODEL' }]);
});

test('without any champion classification is refused; if only one model has a champion, it replaces the default model', async () => {
  const bare = await openTestServices();
  try {
    const admin = await bare.createViewer(Role.ADMIN);
    const context = bare.contextOf(admin);
    const image = { bytes: await smear(30), fileName: null, caseReference: null, modelVersionId: null };
    const ask = (modelName: string | null) => classifyBytes(context, { ...image, modelName });

    await expect(ask(null)).rejects.toMatchObject({ errors: [{ code: 'NO_ACTIVE_MODEL' }] });
    await registerRandomVersion(bare, { modelName: 'first' });
    await bare.served.refresh();
    await expect(ask('first')).rejects.toMatchObject({ errors: [{ code: 'NO_ACTIVE_MODEL' }] });
    const only = await registerRandomChampion(context, { modelName: 'second' });
    expect((await ask(null)).modelVersionId).toBe(only.id);
    await registerRandomChampion(context, { modelName: 'third' });
    await expect(ask(null)).rejects.toMatchObject({ errors: [{ code: 'NO_ACTIVE_MODEL' }] });
  } finally {
    await bare.close();
  }
});

test('images beyond the queue limit are refused as OVERLOADED, and nothing is stored for them', async () => {
  const small = await openTestServices({ inferenceQueueLimit: 1 });
  try {
    const context = small.contextOf(await small.createViewer(Role.ADMIN));
    await registerRandomChampion(context, {});
    const images = await Promise.all(Array.from({ length: 12 }, (_, index) => smear(400 + index)));
    const request = { fileName: null, caseReference: null, modelName: null, modelVersionId: null };
    const outcomes = await Promise.allSettled(
      images.map((bytes) => classifyBytes(context, { bytes, ...request })),
    );
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const outcome of refused) {
      expect(outcome).toMatchObject({ reason: { errors: [{ code: 'OVERLOADED' }] } });
    }
    expect(await small.database.prediction.count()).toBe(outcomes.length - refused.length);
    expect(await small.database.image.count()).toBe(outcomes.length - refused.length);
    expect(await readdir(path.join(small.folder, 'objects', '.drafts'))).toEqual([]);
  } finally {
    await small.close();
  }
});

describe('a repeated image', () => {
  const request = { fileName: null, caseReference: null, modelName: null, modelVersionId: null };

  /** A context that counts its inferences. */
  function counting(context = services.contextOf(clinician)) {
    let inferences = 0;
    const { inference } = services;
    const infer: typeof inference.infer = (...image) => {
      inferences += 1;
      return inference.infer(...image);
    };
    return { context: { ...context, inference: withInfer(inference, infer) }, inferences: () => inferences };
  }

  /** The services of a server that has just been restarted: it knows only what is in the database. */
  async function restarted(use: (server: PredictionServices & { database: Database }) => Promise<void>) {
    const database = createDatabase(services.databaseUrl, 2);
    try {
      await use({ database, ...createPredictionServices({ ...services, database }) });
    } finally {
      await database.$disconnect();
    }
  }

  const answerOf = ({
    outcome,
    label,
    confidence,
    probabilities,
    outOfDistributionScore,
    qualityWarnings,
    modelVersionId,
    imageSha256,
  }: PredictionRow) => ({
    ...{ outcome, label, confidence, probabilities, outOfDistributionScore, qualityWarnings },
    ...{ modelVersionId, imageSha256 },
  });

  test.each<[string, typeof restarted]>([
    ['immediately', (use) => use(services)],
    ['after a restart', restarted],
  ])('gets the same answer without inference, in a separate row, %s', async (name, when) => {
    const bytes = await smear(500 + name.length);
    const { context, inferences } = counting();
    const first = await classifyBytes(context, { ...request, bytes, caseReference: 'first' });
    await when(async ({ database, firstAnswers, recordPrediction }) => {
      const server = { database, firstAnswers, recordPrediction };
      const before = await storedCounts();
      const again = await classifyBytes(
        { ...context, ...server, viewer: await services.createViewer() },
        { ...request, bytes, fileName: 'again.png' },
      );
      expect(inferences()).toBe(1);
      expect(answerOf(again)).toEqual(answerOf(first));
      expect(again).toMatchObject({ caseReference: null, fileName: 'again.png', repeatOfId: first.id });
      expect(again.createdById).not.toBe(first.createdById);
      expect(again.totalMs).toBeGreaterThan(0);
      expect([again.decodeMs, again.queueMs, again.inferenceMs]).toEqual([0, 0, 0]);
      expect(await services.database.prediction.findUnique({ where: { id: again.id } })).toEqual({
        ...again,
        evidence: null,
      });
      expect(await storedCounts()).toEqual({
        ...before,
        predictions: before.predictions + 1,
        events: before.events + 1,
      });

      const [map, mapOfFirst] = await Promise.all([
        evidenceMapImage(context, again.id),
        evidenceMapImage(context, first.id),
      ]);
      expect(mapOfFirst).not.toBeNull();
      expect(map).toEqual(mapOfFirst);

      const third = await classifyBytes({ ...context, ...server }, { ...request, bytes });
      expect(third.repeatOfId).toBe(first.id); // the first prediction, not a repeat
    });
  });

  test('waits for the first answer while that is being made', async () => {
    const bytes = await smear(510);
    const { context, inferences } = counting();
    const all = await Promise.all(
      Array.from({ length: 6 }, () => classifyBytes(context, { ...request, bytes })),
    );
    expect(inferences()).toBe(1);
    const [first, ...repeats] = all;
    expect(new Set(all.map(({ id }) => id)).size).toBe(6);
    expect(first?.repeatOfId).toBeNull();
    for (const repeat of repeats) {
      expect(repeat.repeatOfId).toBe(first?.id);
      expect(answerOf(repeat)).toEqual(first && answerOf(first));
    }
  });

  test('is repeated, and stored again, although it was lost from the object store', async () => {
    const bytes = await smear(541);
    const { context, inferences } = counting();
    const first = await classifyBytes(context, { ...request, bytes });
    await services.store.delete(imageKey(first.imageSha256));
    await restarted(async (server) => {
      const before = await storedCounts();
      const clientRequestId = 'sent after the loss';
      const sent = { ...request, bytes, clientRequestId };
      const again = await classifyBytes({ ...context, ...server }, sent);
      expect(again.repeatOfId).toBe(first.id);
      expect(inferences()).toBe(2); // it looked new
      expect(await services.store.get(imageKey(first.imageSha256))).toEqual(bytes);
      expect(await classifyBytes({ ...context, ...server }, sent)).toMatchObject({ id: again.id });
      expect(await storedCounts()).toEqual({
        objects: before.objects + 1,
        rows: before.rows,
        predictions: before.predictions + 1,
        events: before.events + 1,
      });
    });
  });

  test('is looked up in the database only if the object store has it', async () => {
    const bytes = await smear(542);
    const { context } = counting();
    let lookups = 0;
    await restarted(async ({ firstAnswers, ...server }) => {
      const findRecorded: typeof firstAnswers.findRecorded = (question) => {
        lookups += 1;
        return firstAnswers.findRecorded(question);
      };
      const watched = { ...context, ...server, firstAnswers: { ...firstAnswers, findRecorded } };
      await classifyBytes(watched, { ...request, bytes });
      expect(lookups).toBe(0);
      firstAnswers.recent.clear();
      expect(await classifyBytes(watched, { ...request, bytes })).not.toMatchObject({ repeatOfId: null });
      expect(lookups).toBe(1);
    });
  });

  test('gets a new answer from another version', async () => {
    const bytes = await smear(520);
    const other = await registerRandomVersion(services, { modelName: 'repeats', seed: 9 });
    const { context, inferences } = counting();
    await classifyBytes(context, { ...request, bytes });
    const answer = await classifyBytes(context, { ...request, bytes, modelVersionId: other.id });
    expect(inferences()).toBe(2);
    expect(answer).toMatchObject({ modelVersionId: other.id, repeatOfId: null });
  });

  test('is answered although the first sender has disconnected', async () => {
    const bytes = await smear(530);
    const disconnected = new AbortController();
    const { context } = counting(services.contextOf(clinician, disconnected.signal));
    const first = classifyBytes(context, { ...request, bytes });
    const second = classifyBytes(services.contextOf(clinician), { ...request, bytes });
    disconnected.abort(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    expect(await second).toMatchObject({ repeatOfId: null });
  });

  test('is refused every time if it cannot be read', async () => {
    const bytes = Buffer.from('no image at all');
    const { context } = counting();
    const outcomes = await Promise.allSettled(
      [1, 2, 3].map(() => classifyBytes(context, { ...request, bytes })),
    );
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ reason: { errors: [{ code: 'UNREADABLE_IMAGE' }] } });
  });
});

describe('nothing is stored for a client that disconnects before the answer', () => {
  let seed = 0;
  const request = { fileName: null, caseReference: null, modelName: null, modelVersionId: null };
  const { infer } = {
    infer: (...image: Parameters<InferencePool['infer']>) => services.inference.infer(...image),
  };

  test.each<[string, (abort: () => void) => InferencePool['infer']]>([
    ['before inference', (abort) => (abort(), infer)],
    [
      'while the image waits',
      (abort) =>
        (...image) => {
          const answer = infer(...image);
          abort();
          return answer;
        },
    ],
    [
      'after inference',
      (abort) =>
        async (...image) => {
          const answer = await infer(...image);
          abort();
          return answer;
        },
    ],
  ])('%s', async (_name, inferOf) => {
    const before = await storedCounts();
    seed += 1;
    const disconnected = new AbortController();
    const context = services.contextOf(clinician, disconnected.signal);
    const inference = withInfer(
      services.inference,
      inferOf(() => disconnected.abort(new Error('gone'))),
    );
    const bytes = await smear(600 + seed);
    await expect(classifyBytes({ ...context, inference }, { ...request, bytes })).rejects.toThrow('gone');
    expect(await storedCounts()).toEqual(before);

    // The same image can be classified afterwards.
    const next = await classifyBytes(services.contextOf(clinician), { ...request, bytes });
    expect(next.repeatOfId).toBeNull();
    expect(await readdir(path.join(services.folder, 'objects', '.drafts'))).toEqual([]);
  });

  test('an image that waits beyond the deadline is refused as OVERLOADED', async () => {
    const before = await storedCounts();
    const context = services.contextOf(clinician);
    const network = { isAsked: false };
    const waitsForever: InferencePool['infer'] = (_versionId, _bytes, signal) => {
      network.isAsked = true;
      return new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    };
    const bytes = await smear(620);
    const errorAfter = (classifyDeadlineMs: number): Promise<unknown> =>
      classifyBytes(
        {
          ...context,
          config: { ...context.config, classifyDeadlineMs },
          inference: withInfer(services.inference, waitsForever),
        },
        { ...request, bytes },
      ).catch((error: unknown) => error);
    let error: unknown;
    // On a busy machine, the deadline may pass before the network is asked.
    for (let deadlineMs = 20; !network.isAsked; deadlineMs *= 2) error = await errorAfter(deadlineMs);
    expect(error).toMatchObject({ errors: [{ code: 'OVERLOADED' }] });
    expect(await storedCounts()).toEqual(before);
  });
});

describe('predictions that are recorded together', () => {
  async function news(count: number): Promise<NewPrediction[]> {
    const template = await classifyBytes(services.contextOf(clinician), {
      bytes: await smear(700),
      fileName: null,
      caseReference: null,
      modelName: null,
      modelVersionId: null,
    });
    const { createdAt: _createdAt, reviewed: _reviewed, ...answer } = template;
    return Array.from({ length: count }, (_, index) => {
      const imageSha256 = sha256(Buffer.from(`together ${count} ${index % 3}`));
      return {
        actor: { viewer: clinician, ip: null },
        prediction: {
          ...answer,
          id: newId('pred'),
          imageSha256,
          repeatOfId: null,
          fileName: `ünï "${index}" \\`,
        },
        image: { sha256: imageSha256, width: 3, height: 4, byteSize: 5, mediaType: 'image/png' },
        evidence: Uint8Array.of(1, 0, 1, 0, index, 255, 0, 10),
      };
    });
  }
  const record = (prediction: NewPrediction) => services.recordPrediction(prediction);
  const rowsOf = (all: NewPrediction[]) =>
    services.database.$queryRaw<{ id: string; commit: string }[]>`
      SELECT id, xmin::text AS commit FROM "Prediction" WHERE id = ANY(${all.map(({ prediction }) => prediction.id)})`;

  test('share commits, and each is recorded when its promise resolves', async () => {
    const all = await news(20);
    const times = await Promise.all(all.map(record));
    const rows = await rowsOf(all);
    expect(rows).toHaveLength(20);
    expect(new Set(rows.map(({ commit }) => commit)).size).toBe(2); // the first alone, then the others together

    for (const [index, { prediction, evidence }] of all.entries()) {
      const row = await services.database.prediction.findUniqueOrThrow({ where: { id: prediction.id } });
      expect({ ...row, evidence: [...(row.evidence ?? [])] }).toEqual({
        ...prediction,
        createdAt: times[index],
        reviewed: false,
        evidence: [...(evidence ?? [])],
      });
    }
    const ids = all.map(({ prediction }) => prediction.id);
    expect(await services.database.auditEvent.count({ where: { entityId: { in: ids } } })).toBe(20);
  });

  test('are not repeated if they were made by a release that did not check the content of pictures', async () => {
    const [earlier] = await news(1);
    if (!earlier) throw new Error('There is no prediction.');
    const bytes = await smear(710);
    const image = { ...earlier.image, sha256: sha256(bytes) };
    const prediction = { ...earlier.prediction, imageSha256: image.sha256, frame: [] };
    await record({ ...earlier, image, prediction });
    const send = () =>
      classifyBytes(services.contextOf(clinician), {
        ...{ bytes, fileName: null, caseReference: null, modelName: null, modelVersionId: null },
      });
    const checked = await send();
    expect(checked.repeatOfId).toBeNull();
    expect(checked.frame).toHaveLength(4);
    expect((await send()).repeatOfId).toBe(checked.id);
  });

  test('fail alone: the others of the group are recorded', async () => {
    const all = await news(7);
    const faulty = all[4];
    if (faulty) faulty.prediction.confidence = 2;
    const outcomes = await Promise.allSettled(all.map(record));
    expect(outcomes.map(({ status }) => status === 'fulfilled')).toEqual(all.map((each) => each !== faulty));
    expect(await rowsOf(all)).toHaveLength(6);
  });
});

test('users who may read predictions are notified of every new prediction of any user', async () => {
  const auditor = await services.createViewer(Role.AUDITOR);
  const document = parse(
    'subscription { predictionCreated { id label createdBy { id } modelVersion { id } } }',
  );
  const subscribeAs = (viewer: Viewer | null) =>
    subscribe({ schema: services.schema, document, contextValue: services.contextOf(viewer) });

  expect(await subscribeAs(null)).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  const events = await subscribeAs(auditor);
  if (!(Symbol.asyncIterator in events)) throw new Error('The subscription was refused.');
  const { prediction } = await classify(uploadOf(await smear(50)));
  // Events of earlier tests may still arrive first.
  let event = await events.next();
  while (!JSON.stringify(event.value).includes(prediction.id)) event = await events.next();
  await events.return(undefined);
  const { id, label, createdBy, modelVersion } = prediction;
  expect(JSON.parse(JSON.stringify(event.value))).toEqual({
    data: { predictionCreated: { id, label, createdBy, modelVersion: { id: modelVersion.id } } },
  });
});
