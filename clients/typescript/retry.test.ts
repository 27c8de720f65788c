import { ApiError, ConnectionError } from './errors.js';
import { pauseAfter, withRetries } from './retry.js';

const refused = (code: string) => new ApiError([{ message: 'No.', extensions: { code } }], null, 1);

/** Makes attempts that fail with these errors, one after the other, before one succeeds. Returns the result and the number of attempts. */
async function attempts(errors: Error[], isRepeatable: boolean, retryMs = 60_000) {
  let made = 0;
  const attempt = async () => {
    const error = errors[made];
    made += 1;
    if (error) throw error;
    return 'done';
  };
  const result = await withRetries(attempt, { retryMs, isRepeatable }).catch((error: unknown) => error);
  return { result, made };
}

test.each(['OVERLOADED', 'UNAVAILABLE'])('repeats any operation after %s', async (code) => {
  expect(await attempts([refused(code), refused(code)], false)).toEqual({ result: 'done', made: 3 });
});

test('repeats a lost operation only if that is safe', async () => {
  const lost = new ConnectionError('Lost.');
  expect(await attempts([lost], true)).toEqual({ result: 'done', made: 2 });
  expect(await attempts([lost], false)).toEqual({ result: lost, made: 1 });
});

test('repeats nothing that the server refuses, and stops after its time', async () => {
  const forbidden = refused('FORBIDDEN');
  expect(await attempts([forbidden], true)).toEqual({ result: forbidden, made: 1 });
  const busy = refused('OVERLOADED');
  expect(await attempts([busy], true, 0)).toEqual({ result: busy, made: 1 });
});

test('pauses longer after each failure, up to 15 s', () => {
  for (let failures = 0; failures < 20; failures += 1) {
    const longest = Math.min(500 * 2 ** failures, 15_000);
    expect(pauseAfter(failures)).toBeGreaterThanOrEqual(longest / 2);
    expect(pauseAfter(failures)).toBeLessThanOrEqual(longest);
  }
});
