import { httpProblem } from './http-problem.js';

const PAGE = '<html><head><title>Any page of a proxy</title></head></html>';

test('a request that is too large for a proxy is reported as such, without advice to try again', () => {
  const sentence = httpProblem(413, PAGE);
  expect(sentence).toMatch(/larger than a proxy.*allows/);
  expect(sentence).not.toMatch(/try again/i);
});

test.each([
  [200, /returned another page/],
  [400, /refused before it reached the server.*HTTP 400/],
  [401, /sign in if you are asked to/],
  [403, /HTTP 403/],
  [404, /path that the proxy forwards/],
  [407, /HTTP 407/],
  [429, /Wait a minute/],
  [431, /Delete the cookies/],
  [500, /HTTP 500/],
  [502, /cannot reach the server/],
  [503, /not available/],
  [504, /timed out/],
])('a web page with the status %i instead of an API response is explained', (status, sentence) => {
  for (const body of [PAGE, '', 'null', '"text"', '{}', '{"errors":[]}', '{"errors":[{}]}']) {
    expect(httpProblem(status, body)).toMatch(sentence);
  }
});

test('error messages of the server are shown unchanged', () => {
  const errors = [{ message: 'One.' }, { message: 'Two.' }];
  expect(httpProblem(413, JSON.stringify({ errors }))).toBe('One. Two.');
  expect(httpProblem(503, JSON.stringify({ error: 'Wait.', code: 'OVERLOADED' }))).toBe('Wait.');
});
