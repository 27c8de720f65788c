import { z } from 'zod';
import { drawDemoCells } from '../../server/imaging/demo-cells.js';

const CELLS = 12;

const Newest = z.object({
  data: z.object({
    predictions: z.object({ edges: z.array(z.object({ node: z.object({ id: z.string() }) })) }),
  }),
});
const SignedIn = z.object({
  data: z.object({ signIn: z.object({ viewer: z.object({ id: z.string() }).nullable() }) }),
});

/** Signs in, and classifies a few drawn cells if the history is empty. Returns the session cookie and the newest prediction. */
export async function signInAndFill(
  url: string,
  account: { email: string; password: string },
): Promise<{ cookie: string; predictionId: string }> {
  const headers = { 'Apollo-Require-Preflight': 'true', 'Content-Type': 'application/json' };
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers,
    body: JSON.stringify({
      query:
        'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { viewer { id } } }',
      variables: account,
    }),
  });
  const cookie = answer.headers.get('Set-Cookie')?.split(';')[0];
  if (!SignedIn.parse(await answer.json()).data.signIn.viewer || cookie === undefined)
    throw new Error(`${account.email} could not sign in: check the password.`);

  const newest = async () => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { ...headers, Cookie: cookie },
      body: JSON.stringify({ query: '{ predictions(first: 1) { edges { node { id } } } }' }),
    });
    return Newest.parse(await response.json()).data.predictions.edges[0]?.node.id;
  };
  if ((await newest()) === undefined) await classifyDrawnCells(url, cookie);
  const predictionId = await newest();
  if (predictionId === undefined) throw new Error('No drawn cell was classified: is there a champion?');
  return { cookie, predictionId };
}

async function classifyDrawnCells(url: string, cookie: string): Promise<void> {
  for await (const { key, bytes } of drawDemoCells({ count: CELLS, seed: 1 })) {
    const form = new FormData();
    form.append('image', new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), key.replace('/', '-'));
    const response = await fetch(`${url}/predict`, {
      method: 'POST',
      headers: { Cookie: cookie, 'Apollo-Require-Preflight': 'true' },
      body: form,
    });
    if (!response.ok) throw new Error(`A drawn cell was refused: ${await response.text()}`);
  }
}
