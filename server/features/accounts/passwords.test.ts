import { passwordFault } from '../../password-rules.js';
import { generatePassword, hashPassword, verifyPassword } from './passwords.js';

describe('passwordFault', () => {
  test.each(['correct horse battery', 'twelve-chars', 'ünïcödé 密码 x12', generatePassword()])(
    'takes %p',
    (password) => {
      expect(passwordFault(password, 'a@b.org')).toBeNull();
    },
  );

  test.each([
    ['eleven-char', /at least 12/],
    ['🔬🔬🔬🔬🔬🔬1', /at least 12/],
    ['x1y2z3'.repeat(50), /at most 256/],
    ['abababababababab', /4 different/],
    ['me: Ann@Clinic.org!', /e-mail/],
  ])('refuses %p', (password, reason) => {
    expect(passwordFault(password, 'ann@clinic.org')).toMatch(reason);
  });
});

test('a hash verifies its password and no other, and two hashes of one password differ', async () => {
  const [first, second] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')]);
  expect(first).not.toBe(second);
  expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await verifyPassword(first, 'correct horse')).toBe(true);
  expect(await verifyPassword(first, 'correct horsf')).toBe(false);
  expect(await verifyPassword(first, 'x'.repeat(100_000))).toBe(false);
  expect(await verifyPassword(null, 'correct horse')).toBe(false);
});

test('generated passwords differ, and may be used as passwords', () => {
  const passwords = Array.from({ length: 50 }, generatePassword);
  expect(new Set(passwords).size).toBe(50);
  for (const password of passwords) expect(password).toMatch(/^([2-9a-km-np-z]{4}-){3}[2-9a-km-np-z]{4}$/);
});
