import type { AnswerFragment } from '../../graphql/graphql.js';
import {
  type ClassificationQueue,
  type ClassificationTarget,
  createClassificationQueue,
  FileTooLargeError,
  type SendOptions,
} from './classification-queue.js';

const target: ClassificationTarget = { modelName: null, modelVersionId: null, caseReference: 'case 7' };

/** A sender that answers when the test says so. */
function heldSender() {
  const sent: {
    name: string;
    options: SendOptions;
    answer: () => void;
    fail: (message: string) => void;
  }[] = [];
  const send = (file: File, _target: ClassificationTarget, options: SendOptions) =>
    new Promise<AnswerFragment>((resolve, reject) => {
      sent.push({
        name: file.name,
        options,
        answer: () => resolve(predictionOf(file.name)),
        fail: (message) => reject(new Error(message)),
      });
    });
  return { sent, send };
}

function predictionOf(fileName: string): AnswerFragment {
  return {
    id: `pred_${fileName}`,
    createdAt: '2026-01-01T00:00:00Z',
    fileName,
    caseReference: null,
    evidenceMapUrl: null,
    outcome: 'CLASSIFIED',
    label: 'blast',
    finalLabel: 'blast',
    confidence: 0.9,
    probabilities: [],
    outOfDistributionScore: 0,
    qualityWarnings: [],
    image: { sha256: 'a', width: 1, height: 1, url: '', thumbnailUrl: '' },
    timing: { decodeMs: 1, queueMs: 1, inferenceMs: 1, totalMs: 3 },
    modelVersion: {
      id: 'mver_1',
      version: 1,
      positiveLabel: 'blast',
      decisionThreshold: 0.5,
      abstentionBand: [],
      model: { id: 'mdl_1', name: 'reference' },
    },
  };
}

const named = (...names: string[]) => names.map((name) => new File(['x'], name));
const steps = (queue: ClassificationQueue) => queue.files().map(({ step }) => step.kind);
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('sends no more files at once than it may, and the next when one is answered', async () => {
  const { sent, send } = heldSender();
  const queue = createClassificationQueue(send, 2);
  queue.add(named('a', 'b', 'c'), target);
  expect(steps(queue)).toEqual(['uploading', 'uploading', 'waiting']);

  sent[0]?.answer();
  await settled();
  expect(steps(queue)).toEqual(['answered', 'uploading', 'uploading']);
  expect(sent.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});

test('a file that fails says why and can be tried again, and loses nothing for the others', async () => {
  const { sent, send } = heldSender();
  const queue = createClassificationQueue(send, 3);
  queue.add(named('good', 'bad'), target);
  sent[1]?.fail('This is not an image.');
  sent[0]?.answer();
  await settled();
  expect(queue.files().map(({ step }) => step)).toEqual([
    { kind: 'answered', prediction: predictionOf('good') },
    { kind: 'failed', message: 'This is not an image.', canRetry: true },
  ]);

  const bad = queue.files()[1];
  if (bad) queue.retry(bad.id);
  sent[2]?.answer();
  await settled();
  expect(steps(queue)).toEqual(['answered', 'answered']);
});

test('a file that is too large is not sent again', async () => {
  const { sent, send } = heldSender();
  const queue = createClassificationQueue(
    (...args) =>
      send(...args).catch((error: unknown) => Promise.reject(new FileTooLargeError(String(error)))),
    1,
  );
  queue.add(named('large'), target);
  sent[0]?.fail('Too large.');
  await settled();
  const [large] = queue.files();
  expect(large?.step).toEqual({ kind: 'failed', message: 'Error: Too large.', canRetry: false });
  if (large) queue.retry(large.id);
  expect(sent).toHaveLength(1);
});

test('tells how much of a file has left, and then that the answer is awaited', () => {
  const { sent, send } = heldSender();
  const queue = createClassificationQueue(send, 1);
  queue.add(named('a'), target);
  sent[0]?.options.onProgress(0.25);
  expect(queue.files()[0]?.step).toEqual({ kind: 'uploading', fraction: 0.25 });
  sent[0]?.options.onProgress(1);
  expect(steps(queue)).toEqual(['answering']);
});

test('cancelling aborts the upload, frees its place, and a late answer changes nothing', async () => {
  const { sent, send } = heldSender();
  const queue = createClassificationQueue(send, 1);
  queue.add(named('a', 'b'), target);
  const first = queue.files()[0];
  if (first) queue.cancel(first.id);
  expect(sent[0]?.options.signal.aborted).toBe(true);
  expect(steps(queue)).toEqual(['cancelled', 'uploading']);

  sent[0]?.answer();
  await settled();
  expect(steps(queue)).toEqual(['cancelled', 'uploading']);
});

test('clearing ends everything that is under way', async () => {
  const { sent, send } = heldSender();
  const queue = createClassificationQueue(send, 1);
  queue.add(named('a', 'b'), target);
  queue.clear();
  expect(queue.files()).toEqual([]);
  expect(sent[0]?.options.signal.aborted).toBe(true);
  sent[0]?.fail('aborted');
  await settled();
  expect(sent).toHaveLength(1);
});

test('gives the same array until something changes, and tells its listeners when it does', () => {
  const { sent, send } = heldSender();
  const queue = createClassificationQueue(send, 1);
  queue.add(named('a'), target);
  expect(queue.files()).toBe(queue.files());

  let told = 0;
  const unsubscribe = queue.subscribe(() => (told += 1));
  sent[0]?.options.onProgress(0.5);
  expect(told).toBe(1);
  unsubscribe();
  sent[0]?.options.onProgress(0.6);
  expect(told).toBe(1);
});
