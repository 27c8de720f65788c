import { CombinedGraphQLErrors } from '@apollo/client';
import { describeError } from './describe-error.js';

test('what the server says to the caller is passed on as it stands', () => {
  const errors = [{ message: "'first' must be from 1 to 200." }];
  expect(describeError(new CombinedGraphQLErrors({ errors }))).toBe("'first' must be from 1 to 200.");
});

test('no connection is called that', () => {
  expect(describeError(new TypeError('Failed to fetch'))).toMatch(/cannot be reached/);
});
