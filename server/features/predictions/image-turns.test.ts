import { ImageTurns } from './image-turns.js';

const never = new AbortController().signal;
const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

/** Takes turns for so many images of an account, and counts those that have begun. */
function images(turns: ImageTurns, account: string, count: number) {
  const ends: (() => void)[] = [];
  const all = Array.from({ length: count }, async () => ends.push(await turns.take(account, never)));
  return { ends, all };
}

const config = { inferenceThreads: 2, inferenceServer: null, inferenceQueueLimit: 40 };

test('an account uses more of the server while no other account sends images', async () => {
  const turns = new ImageTurns(config);
  const alone = images(turns, 'a', 30);
  await settled();
  expect(alone.ends.length).toBe(16);
  (await turns.take('b', never))();
  for (const end of alone.ends.slice()) end();
  await settled();
  expect(alone.ends.length).toBe(16 + 4);
});

test('an account whose images fill half of the queue is refused, and others are not', async () => {
  const turns = new ImageTurns(config);
  images(turns, 'a', 16 + 20);
  expect(() => turns.take('a', never)).toThrow('20 of your images are waiting already');
  await turns.take('b', never);
});
