import { CombinedGraphQLErrors } from '@apollo/client';
import { isWrongAddress } from './wrong-address.js';

const failed = (...codes: string[]) =>
  new CombinedGraphQLErrors({ errors: codes.map((code) => ({ message: 'x', extensions: { code } })) });

test('an id of the wrong kind is a wrong address, and no other error is', () => {
  expect(isWrongAddress(failed('BAD_USER_INPUT'))).toBe(true);
  expect(isWrongAddress(failed('NOT_FOUND'))).toBe(true);
  expect(isWrongAddress(failed('BAD_USER_INPUT', 'UNAVAILABLE'))).toBe(false);
  expect(isWrongAddress(failed('FORBIDDEN'))).toBe(false);
  expect(isWrongAddress(new TypeError('Failed to fetch'))).toBe(false);
  expect(isWrongAddress(undefined)).toBe(false);
});
