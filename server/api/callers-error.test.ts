import { GraphQLError } from 'graphql';
import { callersErrorOf } from './callers-error.js';
import { badUserInput, forbidden, notFound, overloaded, unauthenticated } from './errors.js';
import { userError, UserErrorCode } from './user-error.js';
import { UnavailableError } from '../unavailable-error.js';

const httpError = (status: number, expose: boolean) =>
  Object.assign(new Error('entity too large'), { status, expose });

test.each([
  [userError(UserErrorCode.INVALID, 'A sentence.'), 400, 'BAD_USER_INPUT'],
  [userError(UserErrorCode.NOT_FOUND, 'A sentence.'), 404, 'NOT_FOUND'],
  [userError(UserErrorCode.TOO_LARGE, 'A sentence.'), 413, 'TOO_LARGE'],
  [userError(UserErrorCode.UNREADABLE_IMAGE, 'A sentence.'), 422, 'UNREADABLE_IMAGE'],
  [userError(UserErrorCode.OVERLOADED, 'A sentence.'), 503, 'OVERLOADED'],
  [userError(UserErrorCode.NO_ACTIVE_MODEL, 'A sentence.'), 503, 'NO_ACTIVE_MODEL'],
  [unauthenticated(), 401, 'UNAUTHENTICATED'],
  [forbidden('A sentence.'), 403, 'FORBIDDEN'],
  [badUserInput('A sentence.'), 400, 'BAD_USER_INPUT'],
  [notFound('A sentence.'), 404, 'NOT_FOUND'],
  [new UnavailableError('database', 'unreachable'), 503, 'UNAVAILABLE'],
  [httpError(413, true), 413, 'TOO_LARGE'],
  [httpError(400, true), 400, 'BAD_USER_INPUT'],
])('%s → %i', (thrown, status, code) => {
  expect(callersErrorOf(thrown)).toEqual({
    ...{ status, code, message: thrown.message },
    ...(status === 503 && { retryAfter: '1' }),
  });
  // graphql-js adds the place to the error of a resolver.
  const located = new GraphQLError(thrown.message, { originalError: thrown });
  expect(callersErrorOf(located)).toEqual(callersErrorOf(thrown));
});

test.each([new Error('secret'), new GraphQLError('secret'), httpError(500, false), 'secret', null])(
  '%s is none of the caller',
  (thrown) => {
    expect(callersErrorOf(thrown)).toBeNull();
  },
);

test.each([429, 503] as const)('an overload of the status %i says when to try again', (status) => {
  expect(callersErrorOf(overloaded('A sentence.', status, 7))).toEqual({
    ...{ status, code: 'OVERLOADED', message: 'A sentence.', retryAfter: '7' },
  });
});

test('every code of a user error is a code of errors too, except INVALID', () => {
  for (const code of Object.values(UserErrorCode)) {
    const expected = code === UserErrorCode.INVALID ? 'BAD_USER_INPUT' : code;
    expect(callersErrorOf(userError(code, 'A sentence.'))?.code).toBe(expected);
  }
});
