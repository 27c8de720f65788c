import { pino } from 'pino';
import { setTimeout } from 'node:timers/promises';
import { sha256 } from '../server/artifact/artifact.js';
import { randomArtifact } from '../server/artifact/testing.js';
import { drawField } from '../server/features/predictions/fields/testing.js';
import { answerCells } from './answer-cells.js';

test('at most two fields are prepared at a time for each thread, and each cell gets its own answer', async () => {
  const fields = new Map<string, Buffer>();
  const cells = [];
  for (let index = 0; index < 6; index++) {
    const bytes = await drawField([[150 + 20 * index, 200]]);
    const imageSha256 = sha256(bytes);
    fields.set(imageSha256, bytes);
    for (const region of [
      [118 + 20 * index, 168, 64, 64],
      [300, 320, 60, 60],
    ]) {
      cells.push({ key: `${index} ${region.join(' ')}`, imageSha256, region });
    }
  }
  const inProgress = new Map<string, number>();
  let most = 0;
  const store = {
    get: async (key: string) => {
      const image = [...fields.keys()].find((name) => key.includes(name)) ?? '';
      inProgress.set(image, 2);
      most = Math.max(most, inProgress.size);
      await setTimeout(20); // time in which others could start
      return fields.get(image) ?? Buffer.alloc(0);
    },
  };
  const answers = await answerCells(
    randomArtifact({ inputSize: 32 }),
    { cells, store },
    ({ logit }, { key, imageSha256 }) => {
      const left = (inProgress.get(imageSha256) ?? 0) - 1;
      if (left === 0) inProgress.delete(imageSha256);
      else inProgress.set(imageSha256, left);
      return { key, logit };
    },
    { threads: 1, log: pino({ level: 'silent' }), onProgress: () => {} },
    new AbortController().signal,
  );
  expect(most).toBe(2);
  expect(answers.map(({ key }) => key)).toEqual(cells.map(({ key }) => key));
  expect(new Set(answers.map(({ logit }) => logit)).size).toBeGreaterThan(cells.length / 2);
});
