import type { AnswerFragment } from '../../graphql/graphql.js';
import {
  type Answer,
  type ClassificationQueue,
  type ClassificationTarget,
  createClassificationQueue,
  SignedOutError,
  UnusableFileError,
  type SendOptions,
} from './classification-queue.js';

const target: ClassificationTarget = {
  modelName: null,
  modelVersionId: null,
  siteId: null,
  caseReference: 'case 7',
  picture: 'automatic',
};

/** A sender whose uploads the test completes by hand. */
function manualSender() {
  const sent: {
    name: string;
    picture: string;
    options: SendOptions;
    answer: () => void;
    fail: (message: string) => void;
  }[] = [];
  const send = (file: File, { picture }: ClassificationTarget, options: SendOptions) =>
    new Promise<Answer>((resolve, reject) => {
      sent.push({
        name: file.name,
        picture,
        options,
        answer: () => resolve({ kind: 'answered', prediction: predictionOf(file.name) }),
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
    repeatOf: null,
    probabilities: [],
    cellType: null,
    cellTypes: null,
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

/** Files of different contents. */
const filesNamed = (...names: string[]) => names.map((name, i) => new File(['x'.repeat(i + 1)], name));
const steps = (queue: ClassificationQueue) => queue.files().map(({ step }) => step.kind);
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('sends at most the given number of files at once, and the next file when one finishes', async () => {
  const { sent, send } = manualSender();
  const queue = createClassificationQueue(send, 2);
  queue.add(filesNamed('a', 'b', 'c'), target);
  expect(steps(queue)).toEqual(['uploading', 'uploading', 'waiting']);

  sent[0]?.answer();
  await settled();
  expect(steps(queue)).toEqual(['answered', 'uploading', 'uploading']);
  expect(sent.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});

test('a failed file keeps its error message and can be retried, and the others are not affected', async () => {
  const { sent, send } = manualSender();
  const queue = createClassificationQueue(send, 3);
  queue.add(filesNamed('good', 'bad'), target);
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

test('a file keeps the id of its request when it is sent again, and has another as a field', async () => {
  const { sent, send } = manualSender();
  const queue = createClassificationQueue(send, 2);
  queue.add(filesNamed('cell', 'other'), target);
  sent[0]?.fail('The connection to the server was lost.');
  await settled();
  const [cell] = queue.files();
  if (cell) queue.retry(cell.id);
  sent[2]?.answer();
  await settled();
  if (cell) queue.sendAsField(cell.id);
  await settled();
  const ids = sent.filter(({ name }) => name === 'cell').map(({ options }) => options.requestId);
  expect(ids).toEqual([ids[0], ids[0], expect.stringMatching(/^[0-9a-f]{32}$/)]);
  expect(new Set(sent.map(({ options }) => options.requestId)).size).toBe(3);
});

test('the same content with the same target is sent once, until the user asks for it', async () => {
  const { sent, send } = manualSender();
  const queue = createClassificationQueue(send, 4);
  queue.add([new File(['cell'], 'a'), new File(['cell'], 'b'), new File(['rest'], 'c')], target);
  queue.add([new File(['cell'], 'other case')], { ...target, caseReference: 'case 8' });
  while (sent.length < 3) await settled();
  expect(sent.map(({ name }) => name).sort()).toEqual(['a', 'c', 'other case']);
  const [, twin] = queue.files();
  expect(twin?.step).toEqual({ kind: 'held', sameAs: 'a' });

  if (twin) queue.retry(twin.id);
  await settled();
  expect(sent.map(({ name }) => name)).toContain('b');
});

test('a file whose twin was cancelled is sent', async () => {
  const { sent, send } = manualSender();
  const queue = createClassificationQueue(send, 1);
  queue.add([new File(['cell'], 'a'), new File(['cell'], 'b')], target);
  const [first] = queue.files();
  if (first) queue.cancel(first.id);
  await settled();
  expect(sent.map(({ name }) => name)).toEqual(['a', 'b']);
});

test('a file that was answered as one cell can be sent again as a field', async () => {
  const { sent, send } = manualSender();
  const queue = createClassificationQueue(send, 1);
  queue.add(filesNamed('a', 'b'), target);
  const [first, second] = queue.files();
  if (second) queue.sendAsField(second.id); // which has no result yet
  sent[0]?.answer();
  await settled();
  if (first) queue.sendAsField(first.id);
  sent[1]?.answer();
  await settled();
  expect(sent.map(({ name, picture }) => [name, picture])).toEqual([
    ['a', 'automatic'],
    ['b', 'automatic'],
    ['a', 'field'],
  ]);
});

test('a file that cannot be classified cannot be retried', async () => {
  const { sent, send } = manualSender();
  const queue = createClassificationQueue(
    (...args) =>
      send(...args).catch((error: unknown) => Promise.reject(new UnusableFileError(String(error)))),
    1,
  );
  queue.add(filesNamed('large'), target);
  sent[0]?.fail('Too large.');
  await settled();
  const [large] = queue.files();
  expect(large?.step).toEqual({ kind: 'failed', message: 'Error: Too large.', canRetry: false });
  if (large) queue.retry(large.id);
  expect(sent).toHaveLength(1);
});

test('when the session ends, the files wait, and are sent after the sign-in', async () => {
  const { sent, send } = manualSender();
  let isSignedIn = false;
  const queue = createClassificationQueue(
    (...args) => (isSignedIn ? send(...args) : Promise.reject(new SignedOutError())),
    2,
  );
  queue.add(filesNamed('a', 'b', 'c'), target);
  await settled();
  expect(steps(queue)).toEqual(['waiting', 'waiting', 'waiting']);

  isSignedIn = true;
  queue.resume();
  expect(steps(queue)).toEqual(['uploading', 'uploading', 'waiting']);
  expect(sent.map(({ name }) => name)).toEqual(['a', 'b']);
});

test('reports the upload progress, and then that it waits for the result', () => {
  const { sent, send } = manualSender();
  const queue = createClassificationQueue(send, 1);
  queue.add(filesNamed('a'), target);
  sent[0]?.options.onProgress(0.25);
  expect(queue.files()[0]?.step).toEqual({ kind: 'uploading', fraction: 0.25 });
  sent[0]?.options.onProgress(1);
  expect(steps(queue)).toEqual(['answering']);
});

test('cancelling aborts the upload and starts the next file, and a late result is ignored', async () => {
  const { sent, send } = manualSender();
  const queue = createClassificationQueue(send, 1);
  queue.add(filesNamed('a', 'b'), target);
  const first = queue.files()[0];
  if (first) queue.cancel(first.id);
  expect(sent[0]?.options.signal.aborted).toBe(true);
  expect(steps(queue)).toEqual(['cancelled', 'uploading']);

  sent[0]?.answer();
  await settled();
  expect(steps(queue)).toEqual(['cancelled', 'uploading']);
});

test('clearing cancels all running uploads', async () => {
  const { sent, send } = manualSender();
  const queue = createClassificationQueue(send, 1);
  queue.add(filesNamed('a', 'b'), target);
  queue.clear();
  expect(queue.files()).toEqual([]);
  expect(sent[0]?.options.signal.aborted).toBe(true);
  sent[0]?.fail('aborted');
  await settled();
  expect(sent).toHaveLength(1);
});

test('returns the same array until something changes, and then notifies its listeners', () => {
  const { sent, send } = manualSender();
  const queue = createClassificationQueue(send, 1);
  queue.add(filesNamed('a'), target);
  expect(queue.files()).toBe(queue.files());

  let notifications = 0;
  const unsubscribe = queue.subscribe(() => (notifications += 1));
  sent[0]?.options.onProgress(0.5);
  expect(notifications).toBe(1);
  unsubscribe();
  sent[0]?.options.onProgress(0.6);
  expect(notifications).toBe(1);
});
