import { ApolloServer } from '@apollo/server';
import { limitResponses, textOf, tooLargeToSend } from './response-size.js';

/** The response to a query for a text of this length, and its JSON. */
async function responseOf(length: number) {
  const server = new ApolloServer({
    typeDefs: 'type Query { text: String! }',
    resolvers: { Query: { text: () => 'a'.repeat(length) } },
    plugins: [limitResponses(1_000)],
  });
  const { body } = await server.executeOperation({ query: '{ text }' });
  if (body.kind !== 'single') throw new Error('It is no single result.');
  return { result: body.singleResult, text: textOf({ ...body.singleResult }) };
}

test('a response within the limit is sent unchanged', async () => {
  const { result, text } = await responseOf(10);
  expect(result).toEqual({ data: { text: 'aaaaaaaaaa' } });
  expect(JSON.parse(text)).toEqual(result);
});

test('the JSON of a response is written once, although Apollo copies the result', async () => {
  let count = 0;
  const data = {
    text: {
      toJSON: () => {
        count++;
        return 'a';
      },
    },
  };
  const request: any = { response: { body: { kind: 'single', singleResult: { data } } } };
  const hooks = await limitResponses(1_000).requestDidStart?.(request);
  await hooks?.willSendResponse?.(request);
  expect(textOf({ data })).toBe('{"data":{"text":"a"}}');
  expect(count).toBe(1);
});

test('a longer response is replaced by an error that says what to request instead', async () => {
  const { result, text } = await responseOf(2_000);
  expect(JSON.parse(text)).toEqual({
    errors: [
      {
        message: expect.stringMatching(
          /^The response has 2,\d{3} characters, and at most 1,000 are sent\. Request smaller pages/,
        ),
        extensions: { code: 'RESPONSE_TOO_LARGE' },
      },
    ],
  });
  expect(JSON.parse(text)).toEqual(result);
});

test('the same limit applies over WebSocket', () => {
  expect(tooLargeToSend({ data: { text: 'a' } })).toBeNull();
  expect(tooLargeToSend({ data: { text: 'a'.repeat(2_000) } }, 1_000)).toMatchObject({
    extensions: { code: 'RESPONSE_TOO_LARGE' },
  });
});
