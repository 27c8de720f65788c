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

test('the cost of the operations of a caller in 10 s is bounded', async () => {
  const limits = new RequestLimits();
  for (let count = 0; count < 20; count++) await limits.spend(caller('a'), 50_000);
  const refused = limits.spend(caller('a'), 50_000);
  await expect(refused).rejects.toMatchObject({
    message: expect.stringMatching(
      /^Your operations of the last 10 s cost more than 1,000,000\. Try again in \d+ s\.$/,
    ),
    extensions: { code: 'OVERLOADED', http: { status: 429 } },
  });
  await limits.spend(caller('b'), 50_000);
  for (let count = 0; count < 4; count++) await limits.spend(stranger('192.0.2.1'), 50_000);
  await expect(limits.spend(stranger('192.0.2.1'), 1)).rejects.toThrow('cost more than 200,000');
  await limits.spend(stranger('192.0.2.2'), 50_000);
});
