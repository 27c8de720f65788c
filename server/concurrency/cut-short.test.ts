import { getEventListeners } from 'node:events';
import { cutShort, withDeadline } from './cut-short.js';

const expired = () => new Error('expired');
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error)),
  );

describe('work that is cut short', () => {
  test('rejects with the reason as soon as the signal aborts', async () => {
    const controller = new AbortController();
    const work = cutShort(controller.signal, new Promise(() => {}));
    controller.abort(new Error('gone'));
    await expect(work).rejects.toThrow('gone');
    await expect(cutShort(controller.signal, new Promise(() => {}))).rejects.toThrow('gone');
  });

  test('otherwise gives its own result or error, and leaves no listener behind', async () => {
    const { signal } = new AbortController();
    expect(await cutShort(signal, Promise.resolve(1))).toBe(1);
    await expect(cutShort(signal, Promise.reject(new Error('own')))).rejects.toThrow('own');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('a deadline', () => {
  test('aborts work that takes longer', async () => {
    const { signal } = new AbortController();
    await expect(withDeadline(signal, 1, expired, untilAborted)).rejects.toThrow('expired');
  });

  test('does not change the reason when the signal aborts earlier', async () => {
    const controller = new AbortController();
    const work = withDeadline(controller.signal, 1_000_000, expired, untilAborted);
    controller.abort(new Error('gone'));
    await expect(work).rejects.toThrow('gone');
    const late = withDeadline(controller.signal, 1_000_000, expired, async (signal) =>
      signal.throwIfAborted(),
    );
    await expect(late).rejects.toThrow('gone');
  });

  test('leaves nothing behind when the work ends in time', async () => {
    const { signal } = new AbortController();
    expect(await withDeadline(signal, 1_000_000, expired, async () => 'done')).toBe('done');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
