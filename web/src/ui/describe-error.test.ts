import { CombinedGraphQLErrors } from '@apollo/client';
import { describeError } from './describe-error.js';

test('error messages of the server are shown unchanged', () => {
  const errors = [{ message: "'first' must be from 1 to 200." }];
  expect(describeError(new CombinedGraphQLErrors({ errors }))).toBe("'first' must be from 1 to 200.");
});

test('a failed connection is reported as such', () => {
  expect(describeError(new TypeError('Failed to fetch'))).toMatch(/cannot be reached/);
});
