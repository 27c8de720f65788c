import { GraphQLError, graphqlSync, buildSchema } from 'graphql';
import { pino } from 'pino';
import { forbidden } from '../api/errors.js';
import { userError, UserErrorCode } from '../api/user-error.js';
import { UnavailableError } from '../unavailable-error.js';
import { createErrorFormatter } from './error-formatter.js';

const schema = buildSchema('type Query { cell(id: ID!): String! }');

/** The error that a caller receives, and the log entries, when the field `cell` throws. */
function formatted(thrown: unknown, query = '{ cell(id: 1) }') {
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => lines.push(line) });
  const rootValue = {
    cell: () => {
      throw thrown;
    },
  };
  const { errors = [] } = graphqlSync({ schema, source: query, rootValue });
  return { errors: errors.map(createErrorFormatter(log)), log: lines.join('') };
}

test('an error meant for callers goes out with its message, its place and its one code', () => {
  const { errors, log } = formatted(forbidden('To train, be an engineer.'));
  expect(errors).toEqual([
    {
      message: 'To train, be an engineer.',
      locations: [{ line: 1, column: 3 }],
      path: ['cell'],
      extensions: { code: 'FORBIDDEN' },
    },
  ]);
  expect(log).toBe('');
});

test.each([
  new Error('connect to postgres://secret'),
  new GraphQLError('secret', { extensions: { code: 'SECRET' } }),
  'secret',
])('anything else goes out as an id that the log carries too: %s', (thrown) => {
  const { errors, log } = formatted(thrown);
  const id = errors[0]?.extensions?.id;
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(errors[0]?.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR', id });
  expect(JSON.stringify(errors)).not.toContain('secret');
  expect(log).toContain(id);
  expect(log).toContain('secret');
});

test('an unavailable database is reported in words, and the reason is only logged', () => {
  const cause = new Error('connect ECONNREFUSED secret-host');
  const { errors, log } = formatted(new UnavailableError('database', 'unreachable', { cause }));
  expect(errors[0]).toMatchObject({
    message:
      'The database does not answer at the moment. Nothing that was confirmed is lost. Try again in a moment.',
    extensions: { code: 'UNAVAILABLE' },
  });
  expect(JSON.stringify(errors)).not.toContain('secret');
  expect(log).toContain('secret-host');
});

test("a user error of a field without userErrors is the caller's", () => {
  const { errors } = formatted(userError(UserErrorCode.INVALID, 'A cell has a number.'));
  expect(errors[0]).toMatchObject({
    message: 'A cell has a number.',
    extensions: { code: 'BAD_USER_INPUT' },
  });
});

test("what graphql-js finds is the caller's", () => {
  const { errors } = formatted(null, '{ nucleus }');
  expect(errors[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
});
