import { GraphQLError } from 'graphql';
import { badUserInput, forbidden, unauthenticated } from '../api/errors.js';
import { userError, UserErrorCode } from '../api/user-error.js';
import { UnavailableError } from '../unavailable-error.js';
import { problemOf } from './problem.js';

const httpError = (status: number, expose: boolean) =>
  Object.assign(new Error('entity too large'), { status, expose });

test.each([
  [userError(UserErrorCode.INVALID, 'A sentence.'), 400, 'INVALID'],
  [userError(UserErrorCode.NOT_FOUND, 'A sentence.'), 404, 'NOT_FOUND'],
  [userError(UserErrorCode.TOO_LARGE, 'A sentence.'), 413, 'TOO_LARGE'],
  [userError(UserErrorCode.UNREADABLE_IMAGE, 'A sentence.'), 422, 'UNREADABLE_IMAGE'],
  [userError(UserErrorCode.OVERLOADED, 'A sentence.'), 503, 'OVERLOADED'],
  [userError(UserErrorCode.NO_ACTIVE_MODEL, 'A sentence.'), 503, 'NO_ACTIVE_MODEL'],
  [unauthenticated(), 401, 'UNAUTHENTICATED'],
  [forbidden('A sentence.'), 403, 'FORBIDDEN'],
  [badUserInput('A sentence.'), 400, 'BAD_USER_INPUT'],
  [new UnavailableError('database', 'unreachable'), 503, 'UNAVAILABLE'],
  [httpError(413, true), 413, 'TOO_LARGE'],
  [httpError(400, true), 400, 'BAD_USER_INPUT'],
])('%s → %i', (thrown, status, code) => {
  expect(problemOf(thrown)).toEqual({ status, code, error: thrown.message });
});

test.each([new Error('secret'), new GraphQLError('secret'), httpError(500, false), 'secret', null])(
  '%s is none of the caller',
  (thrown) => {
    expect(problemOf(thrown)).toBeNull();
  },
);
