import { ApiError, ConnectionError, type GraphqlError } from './errors.js';

/** The longest time for one attempt, in milliseconds. The server itself answers within 30 s once it has the whole request. */
const ATTEMPT_MS = 120_000;

interface Operation {
  query: string;
  variables: Record<string, unknown>;
  requestId?: string;
  signal?: AbortSignal;
}

/**
 * Sends an operation by HTTP once, and returns its data. Files among the variables are sent as
 * https://github.com/jaydenseric/graphql-multipart-request-spec describes.
 * @throws ApiError, ConnectionError, or the signal's reason
 */
export async function send(
  url: string,
  token: string,
  { query, variables, requestId, signal }: Operation,
): Promise<unknown> {
  const { body, type } = bodyOf(query, variables);
  const headers = {
    Authorization: `Bearer ${token}`,
    Accept: 'application/json',
    ...type,
    ...(requestId === undefined ? {} : { 'Idempotency-Key': requestId }),
  };
  const limit = AbortSignal.timeout(ATTEMPT_MS);
  const attempt = {
    method: 'POST',
    headers,
    body,
    signal: signal ? AbortSignal.any([signal, limit]) : limit,
  };
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, attempt);
    text = await response.text();
  } catch (error) {
    signal?.throwIfAborted();
    throw new ConnectionError(`${url} could not be reached, or the connection was lost.`, { cause: error });
  }
  const { data, errors } = resultIn(text) ?? {};
  if (errors?.length) throw new ApiError(errors, data, retryAfterMsOf(response));
  if (data !== undefined) return data;
  const problem = `${url} answered with the status ${response.status}, and not as the API of Cytograph.`;
  // A proxy answers so while its server restarts.
  if (response.status >= 500) throw new ConnectionError(problem);
  throw new ApiError([{ message: `${problem} Check the address.` }]);
}

interface GraphqlResult {
  data?: unknown;
  errors?: GraphqlError[];
}

function resultIn(text: string): GraphqlResult | null {
  try {
    const result: unknown = JSON.parse(text);
    return typeof result === 'object' ? result : null;
  } catch {
    return null;
  }
}

function retryAfterMsOf({ headers }: Response): number | null {
  const seconds = Number(headers.get('retry-after') ?? NaN);
  return Number.isFinite(seconds) ? 1000 * seconds : null;
}

function bodyOf(
  query: string,
  variables: Record<string, unknown>,
): { body: string | FormData; type: Record<string, string> } {
  const files: { path: string; file: Blob }[] = [];
  const withoutFiles = takeFiles(variables, 'variables', files);
  const operation = JSON.stringify({ query, variables: withoutFiles });
  if (files.length === 0) return { body: operation, type: { 'Content-Type': 'application/json' } };
  const form = new FormData();
  form.append('operations', operation);
  form.append('map', JSON.stringify(Object.fromEntries(files.map(({ path }, index) => [index, [path]]))));
  files.forEach(({ file }, index) => form.append(String(index), file));
  return { body: form, type: {} };
}

/** The value with null in place of each file. Adds the files and their paths to `files`. */
function takeFiles(value: unknown, path: string, files: { path: string; file: Blob }[]): unknown {
  if (value instanceof Blob) {
    files.push({ path, file: value });
    return null;
  }
  if (Array.isArray(value)) return value.map((item, index) => takeFiles(item, `${path}.${index}`, files));
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, takeFiles(item, `${path}.${name}`, files)]),
  );
}
