import { httpProblem } from './http-problem.js';

const PAGE = '<html><head><title>Any page of a proxy</title></head></html>';

test('what is too large for a proxy is called that, and nobody is sent to try it again', () => {
  const sentence = httpProblem(413, PAGE);
  expect(sentence).toMatch(/larger than what a proxy.*lets through/);
  expect(sentence).not.toMatch(/try again/i);
});

test.each([
  [200, /Another page answered/],
  [400, /refused on its way.*HTTP 400/],
  [401, /sign in where you are asked to/],
  [403, /HTTP 403/],
  [404, /path that the proxy passes on/],
  [407, /HTTP 407/],
  [429, /Wait a minute/],
  [431, /Delete the cookies/],
  [500, /HTTP 500/],
  [502, /cannot reach the server/],
  [503, /takes no requests now/],
  [504, /gave up waiting/],
])('a page with the status %i instead of an answer says what is the matter', (status, sentence) => {
  for (const body of [PAGE, '', 'null', '"text"', '{}', '{"errors":[]}', '{"errors":[{}]}']) {
    expect(httpProblem(status, body)).toMatch(sentence);
  }
});

test('what the server says itself is passed on', () => {
  const errors = [{ message: 'One.' }, { message: 'Two.' }];
  expect(httpProblem(413, JSON.stringify({ errors }))).toBe('One. Two.');
  expect(httpProblem(503, JSON.stringify({ error: 'Wait.', code: 'OVERLOADED' }))).toBe('Wait.');
});
