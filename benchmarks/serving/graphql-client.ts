import { z } from 'zod';

const Answer = z.object({
  data: z.unknown(),
  errors: z.array(z.object({ message: z.string() })).optional(),
});

/** Sends one GraphQL operation over HTTP. Throws Error if the response has errors. */
export async function ask(
  url: string,
  headers: Record<string, string>,
  query: string,
  variables: Record<string, unknown>,
): Promise<{ data: unknown; cookie: string }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = Answer.parse(await response.json());
  if (errors) throw new Error(errors.map(({ message }) => message).join('\n'));
  return { data, cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
}
