import type { BulkAnswer } from './bulk-lifecycle.js';
import { fillsTransaction } from './fills-transaction.js';

const field = (cells: number) =>
  ({ key: 'a.png', field: { predictions: Array.from({ length: cells }) } }) as unknown as BulkAnswer;
const skipped: BulkAnswer = { key: 'a.txt', skipped: { reason: 'NOT_AN_IMAGE', detail: '' } };

test.each([
  ['32 files', Array.from({ length: 32 }, () => skipped), true],
  ['31 files', Array.from({ length: 31 }, () => skipped), false],
  ['fields with 500 cells', [field(300), field(200)], true],
  ['fields with 499 cells', [field(300), field(199), skipped], false],
])('%s', (_name, answers, isFull) => {
  expect(fillsTransaction(answers)).toBe(isFull);
});
