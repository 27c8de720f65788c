import { pino } from 'pino';
import { CloseStack } from './close-stack.js';

test('closes what was opened last first, and continues if one does not close', async () => {
  const closed: string[] = [];
  const logged: string[] = [];
  const stack = new CloseStack(pino({}, { write: (line: string) => void logged.push(line) }));
  for (const name of ['database', 'store', 'http']) {
    expect(stack.add(name, (it) => closed.push(it))).toBe(name);
  }
  stack.add('worker', () => Promise.reject(new Error('it hangs')));
  stack.add('socket', async (it) => closed.push(it));

  await stack.close();
  expect(closed).toEqual(['socket', 'http', 'store', 'database']);
  expect(logged.join()).toContain('it hangs');

  await stack.close();
  expect(closed).toHaveLength(4);
});

test('waits only so long for a part that never ends', async () => {
  const closed: string[] = [];
  const logged: string[] = [];
  const stack = new CloseStack(pino({}, { write: (line: string) => void logged.push(line) }));
  stack.add('database', (it) => closed.push(it));
  stack.add('silent', () => new Promise(() => {}), 20);
  await stack.close();
  expect(closed).toEqual(['database']);
  expect(logged.join()).toContain('No answer within 20 ms');
});
