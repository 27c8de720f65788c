import { stringifyWithin, tooLargeToSend } from './response-size.js';

const extensions = { cost: { requested: 1, limit: 2 } };

test('a response within the limit is sent as it is', () => {
  const result = { data: { text: 'a' }, extensions };
  expect(JSON.parse(stringifyWithin(result))).toEqual(result);
});

test('a longer response is replaced by an error that says what to request instead', () => {
  const text = stringifyWithin({ data: { text: 'a'.repeat(2_000) }, extensions }, 1_000);
  expect(JSON.parse(text)).toEqual({
    errors: [
      {
        message: expect.stringMatching(
          /^The response has 2,\d{3} characters, and at most 1,000 are sent\. Request smaller pages/,
        ),
        extensions: { code: 'RESPONSE_TOO_LARGE' },
      },
    ],
    extensions,
  });
});

test('the same limit applies over WebSocket', () => {
  expect(tooLargeToSend({ data: { text: 'a' } })).toBeNull();
  expect(tooLargeToSend({ data: { text: 'a'.repeat(2_000) } }, 1_000)).toMatchObject({
    extensions: { code: 'RESPONSE_TOO_LARGE' },
  });
});
