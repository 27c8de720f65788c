import { z } from 'zod';
import { drawDemoCells } from '../../server/imaging/demo-cells.js';

const CELLS = 60;
const CASE = 'Drawn cells';

const Newest = z.object({
  data: z.object({
    predictions: z.object({
      edges: z.array(z.object({ node: z.object({ id: z.string(), case: z.object({ id: z.string() }) }) })),
    }),
  }),
});
const SignedIn = z.object({
  data: z.object({ signIn: z.object({ viewer: z.object({ id: z.string() }).nullable() }) }),
});

/** Signs in, and classifies a case of drawn cells unless there is one. Returns the session cookie, the newest prediction of the case and the case. */
export async function signInAndFill(
  url: string,
  account: { email: string; password: string },
): Promise<{ cookie: string; predictionId: string; caseId: string }> {
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
      body: JSON.stringify({
        query:
          'query ($case: String!) { predictions(first: 1, filter: { caseReference: $case }) { edges { node { id case { id } } } } }',
        variables: { case: CASE },
      }),
    });
    return Newest.parse(await response.json()).data.predictions.edges[0]?.node;
  };
  if ((await newest()) === undefined) await classifyDrawnCells(url, cookie);
  const prediction = await newest();
  if (prediction === undefined) throw new Error('No drawn cell was classified: is there a champion?');
  return { cookie, predictionId: prediction.id, caseId: prediction.case.id };
}

async function classifyDrawnCells(url: string, cookie: string): Promise<void> {
  for await (const { key, bytes } of drawDemoCells({ count: CELLS, seed: 1 })) {
    const form = new FormData();
    form.append('caseReference', CASE);
    form.append('image', new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), key.replace('/', '-'));
    const response = await fetch(`${url}/predict`, {
      method: 'POST',
      headers: { Cookie: cookie, 'Apollo-Require-Preflight': 'true' },
      body: form,
    });
    if (!response.ok) throw new Error(`A drawn cell was refused: ${await response.text()}`);
  }
}
