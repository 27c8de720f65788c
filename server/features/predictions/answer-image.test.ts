import { setImmediate } from 'node:timers/promises';
import { UnreadableImageError } from '../../image-files/unreadable-image.js';
import {
  fileNameOf,
  firstAnswer,
  type PredictionFacts,
  predictionRow,
  repeatOf,
  WHOLE_IMAGE,
} from './answer-image.js';
import { type FirstAnswer, type FirstAnswers, RecentAnswers } from './first-answers.js';

const facts: PredictionFacts = {
  imageSha256: 'a'.repeat(64),
  modelVersionId: 'mver_1',
  siteId: 'site_1',
  ...WHOLE_IMAGE,
  byteSize: 5,
  createdById: 'user_1',
  caseReference: 'case 1',
  fileName: 'cell.png',
  startedAt: 0,
};

const row = predictionRow(
  {
    image: { width: 4, height: 3, mediaType: 'image/png' },
    qualityWarnings: ['BLURRED'],
    frame: { left: 0, top: 0, width: 4, height: 3 },
    logit: 1,
    embedding: Float32Array.of(1),
    evidence: { height: 1, width: 1, values: Float32Array.of(1) },
    timing: { queueMs: 1, decodeMs: 2, inferenceMs: 3 },
  },
  {
    outcome: 'CLASSIFIED',
    label: 'blast',
    confidence: 0.9,
    probabilities: [
      { label: 'normal', probability: 0.1 },
      { label: 'blast', probability: 0.9 },
    ],
    outOfDistributionScore: 0.5,
    cellTypes: [
      { label: 'blast', probability: 0.75 },
      { label: 'monocyte', probability: 0.25 },
    ],
    cellType: 'blast',
    qualityWarnings: ['BLURRED'],
  },
  facts,
);

test('a row holds the answer, the timing and the facts of the request, and its image', () => {
  expect(row.image).toEqual({
    ...{ sha256: facts.imageSha256, width: 4, height: 3, mediaType: 'image/png' },
    byteSize: 5,
  });
  expect(row.evidence).not.toBeNull();
  const { id, totalMs, ...prediction } = row.prediction;
  expect(id).toMatch(/^pred_/);
  expect(totalMs).toBeGreaterThan(0);
  expect(prediction).toEqual({
    ...{ imageSha256: facts.imageSha256, modelVersionId: 'mver_1', createdById: 'user_1' },
    ...{ siteId: 'site_1', caseReference: 'case 1', fileName: 'cell.png' },
    ...{ outcome: 'CLASSIFIED', label: 'blast', confidence: 0.9, probabilities: [0.1, 0.9] },
    ...{ outOfDistributionScore: 0.5, qualityWarnings: ['BLURRED'], repeatOfId: null },
    ...{ cellTypes: [0.75, 0.25], cellType: 'blast' },
    ...{ region: [], frame: [0, 0, 4, 3], fieldId: null },
    ...{ queueMs: 1, decodeMs: 2, inferenceMs: 3 },
  });
});

test('a repeat has the answer of the first, the facts of the repeated request, no computing time and no evidence', () => {
  const recorded = { ...row.prediction, createdAt: new Date(), reviewed: true };
  const request = { ...facts, createdById: 'user_2', caseReference: null, fileName: 'again.png' };
  const repeat = repeatOf({ prediction: recorded, image: row.image }, request);
  expect(repeat.evidence).toBeNull();
  expect(repeat.image).toEqual(row.image);
  const { id, totalMs: _totalMs, ...prediction } = repeat.prediction;
  const { id: firstId, totalMs: _firstMs, ...first } = row.prediction;
  expect(id).not.toBe(firstId);
  expect(prediction).toEqual({
    ...first,
    ...{ createdById: 'user_2', caseReference: null, fileName: 'again.png', repeatOfId: firstId },
    ...{ decodeMs: 0, queueMs: 0, inferenceMs: 0 },
  });
});

test.each([
  ['cell.png', 'cell.png'],
  ['C:\\slides\\cell 1.png', 'cell 1.png'],
  ['deep/er/ cell.png ', 'cell.png'],
  ['', null],
  ['  ', null],
  ['folder/', null],
  [null, null],
  ['a\u0000b.png', null],
  ['half a pair \ud800.png', null],
])('the file name of %j is %j', (path, name) => {
  expect(fileNameOf(path)).toBe(name);
});

test('a long file name keeps its last 255 characters, none of them cut in half', () => {
  for (const character of ['x', '🔬']) {
    expect(fileNameOf(`${character.repeat(300)}.png`)).toBe(`${character.repeat(251)}.png`);
  }
});

describe('the first answer', () => {
  const never = new AbortController().signal;
  const answer: FirstAnswer = { prediction: row.prediction, image: row.image };
  const lookup = (recorded: FirstAnswer | null = null): FirstAnswers => ({
    recent: new RecentAnswers(),
    findRecorded: () => Promise.resolve({ answer: recorded, isErased: false }),
    findAllRecorded: () => Promise.reject(new Error('Single images are looked up one by one.')),
  });
  const refuse = () => Promise.reject(new Error('It must not be made.'));

  test('is the recorded one where there is one, and is then remembered', async () => {
    const answers = lookup(answer);
    expect(await firstAnswer(answers, facts, never, refuse)).toEqual({ isNew: false, answer });
    answers.findRecorded = refuse;
    expect(await firstAnswer(answers, facts, never, refuse)).toEqual({ isNew: false, answer });
  });

  test('is made once for all callers, and separately for each version', async () => {
    const answers = lookup();
    let made = 0;
    const make = async () => {
      await setImmediate();
      made += 1;
      return answer;
    };
    const all = await Promise.all([
      ...[1, 2, 3].map(() => firstAnswer(answers, facts, never, make)),
      firstAnswer(answers, { ...facts, modelVersionId: 'mver_2' }, never, make),
    ]);
    expect(all.map(({ isNew }) => isNew)).toEqual([true, false, false, true]);
    expect(made).toBe(2);
  });

  test('is made by the next caller when the first one fails', async () => {
    const answers = lookup();
    const failing = firstAnswer(answers, facts, never, () => Promise.reject(new Error('disconnected')));
    const [first, ...others] = await Promise.allSettled([
      failing,
      ...[1, 2].map(() => firstAnswer(answers, facts, never, () => Promise.resolve(answer))),
    ]);
    expect(first).toMatchObject({ status: 'rejected', reason: { message: 'disconnected' } });
    expect(others).toMatchObject([{ value: { isNew: true } }, { value: { isNew: false } }]);
  });

  test('of an unreadable image fails for all callers without being tried again', async () => {
    const answers = lookup();
    const unreadable = () => Promise.reject(new UnreadableImageError('The file is damaged.'));
    const first = firstAnswer(answers, facts, never, unreadable);
    const second = firstAnswer(answers, facts, never, refuse);
    await expect(first).rejects.toThrow('The file is damaged.');
    await expect(second).rejects.toThrow('The file is damaged.');
  });

  test('stops waiting when the signal of the caller aborts', async () => {
    const answers = lookup();
    void firstAnswer(answers, facts, never, () => new Promise<never>(() => {}));
    const leaving = new AbortController();
    const waiting = firstAnswer(answers, facts, leaving.signal, refuse);
    leaving.abort(new Error('disconnected'));
    await expect(waiting).rejects.toThrow('disconnected');
  });
});
