import { setTimeout as sleep } from 'node:timers/promises';
import { RequestLimits } from './request-limits.js';

const caller = (id: string) => ({ viewer: { id }, ip: '192.0.2.1' });
const stranger = (ip: string) => ({ viewer: null, ip });

test('an account has a bounded number of requests in progress, which does not concern others', () => {
  const limits = new RequestLimits();
  const finish = Array.from({ length: 200 }, () => limits.begin(caller('a'), 'requests'));
  expect(() => limits.begin(caller('a'), 'requests')).toThrow('Your account has 200 requests in progress');
  limits.begin(caller('b'), 'requests');
  limits.begin(caller('a'), 'operations');
  finish[0]?.();
  finish[0]?.(); // again does nothing
  limits.begin(caller('a'), 'requests');
  expect(() => limits.begin(caller('a'), 'requests')).toThrow('at most 200 are allowed');
});

test('strangers are counted by address, and by the /64 network of IPv6', () => {
  const limits = new RequestLimits();
  for (let count = 0; count < 30; count++) limits.begin(stranger(`2001:db8::${count}`), 'requests');
  expect(() => limits.begin(stranger('2001:db8::ffff'), 'requests')).toThrow('Your address has 30 requests');
  limits.begin(stranger('2001:db8:0:1::1'), 'requests');
});

test('the cost of the requests of a caller in 10 s is bounded', async () => {
  const limits = new RequestLimits();
  for (let count = 0; count < 8; count++) await limits.spend(caller('a'), 50_000);
  const refused = limits.spend(caller('a'), 50_000);
  await expect(refused).rejects.toMatchObject({
    message: expect.stringMatching(
      /^Your requests of the last 10 s cost more than 400,000\. Try again in \d+ s\.$/,
    ),
    extensions: { code: 'OVERLOADED', http: { status: 429 } },
  });
  await limits.spend(caller('b'), 50_000);
  for (let count = 0; count < 2; count++) await limits.spend(stranger('192.0.2.1'), 50_000);
  await expect(limits.spend(stranger('192.0.2.1'), 1)).rejects.toThrow('cost more than 100,000');
  await limits.spend(stranger('192.0.2.2'), 50_000);
});

test('requests that are refused anyway count too, and a caller who has used up the cost is refused after a second', async () => {
  const limits = new RequestLimits();
  const { signal } = new AbortController();
  await limits.charge(caller('a'), 399_999);
  await limits.refuseIfUsedUp(caller('a'), signal);
  await limits.charge(caller('a'), 1);
  const begun = performance.now();
  await expect(limits.refuseIfUsedUp(caller('a'), signal)).rejects.toMatchObject({
    extensions: { code: 'OVERLOADED', http: { status: 429 } },
  });
  expect(performance.now() - begun).toBeGreaterThan(900);
  await limits.refuseIfUsedUp(caller('b'), signal);
  await expect(limits.refuseIfUsedUp(caller('a'), AbortSignal.abort(new Error('gone')))).rejects.toThrow(
    'gone',
  );
});

test('the server works on a few requests of a caller at the same time', async () => {
  const limits = new RequestLimits();
  const { signal } = new AbortController();
  const ends = await Promise.all(Array.from({ length: 3 }, () => limits.turn(caller('a'), signal)));
  const fourth = limits.turn(caller('a'), signal);
  const first = await Promise.race([
    fourth.then(() => 'fourth'),
    limits.turn(caller('b'), signal).then(() => 'other'),
  ]);
  expect(first).toBe('other');
  ends[0]?.();
  (await fourth)();
});

describe('a replay of earlier events', () => {
  const signal = () => new AbortController().signal;

  test('has three quarters of the cost of its account, and leaves the rest for other requests', async () => {
    const limits = new RequestLimits();
    const replay = limits.replay(caller('a'), 50_000, signal());
    for (let count = 0; count < 6; count++) await replay.event();
    const seventh = replay.event();
    expect(await Promise.race([seventh, sleep(50, 'waiting')])).toBe('waiting');
    await limits.spend(caller('a'), 99_000);
    await limits.replay(caller('b'), 50_000, signal()).event();
  });

  test('shares that cost with the other replays of its account that continue at the same time', async () => {
    const limits = new RequestLimits();
    let count = 0;
    const replays = Array.from({ length: 50 }, () => limits.replay(caller('a'), 50_000, signal()));
    for (const replay of replays) void replay.event().then(() => count++);
    await sleep(50);
    expect(count).toBe(6);
  });

  test('ends when its subscriber leaves', async () => {
    const limits = new RequestLimits();
    const left = new AbortController();
    const replay = limits.replay(caller('a'), 300_000, left.signal);
    await replay.event();
    const second = replay.event();
    left.abort(new Error('has left'));
    await expect(second).rejects.toThrow('has left');
  });

  test('reads each page when it is the turn of its account', async () => {
    const limits = new RequestLimits();
    const turns = [];
    for (let count = 0; count < 3; count++) turns.push(await limits.turn(caller('a'), signal()));
    let isRead = false;
    const page = limits.replay(caller('a'), 1, signal()).page(async () => (isRead = true));
    await sleep(50);
    expect(isRead).toBe(false);
    turns[0]?.();
    expect(await page).toBe(true);
    await limits.turn(caller('a'), signal()); // the replay has ended its turn
  });
});
