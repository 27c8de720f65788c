/**
 * What an answer that is not GraphQL's means, in a sentence that a person can act on. It comes from a proxy in front of the
 * server, from a network's sign-in page, or from the server before it has read the operation.
 * @param status the HTTP status of the answer
 * @param body its text: the server's own errors say themselves what is wrong
 */
export function httpProblem(status: number, body: string): string {
  const said = errorsIn(body);
  if (said) return said;
  switch (status) {
    case 401:
    case 403:
    case 407:
      return `Something between this browser and the server refused the request (HTTP ${status}): a proxy, or your network’s sign-in. Load the page again, and sign in where you are asked to.`;
    case 404:
    case 405:
      return `Nothing answers at the address of Cytograph’s API (HTTP ${status}). Those who run the server should check the path that the proxy passes on.`;
    case 413:
      return 'This is larger than what a proxy in front of the server lets through (HTTP 413). Send a smaller file, or ask those who run the server to raise the proxy’s limit (client_max_body_size in nginx).';
    case 429:
      return 'Too many requests came from here, and a proxy holds them back (HTTP 429). Wait a minute, then try again.';
    case 431:
      return 'The browser sent more cookies than the proxy or the server takes (HTTP 431). Delete the cookies of this site and sign in again.';
    case 502:
      return 'The proxy cannot reach the server (HTTP 502). It may be starting again: try again in a minute.';
    case 503:
      return 'The server takes no requests now (HTTP 503). It may be starting or under maintenance: try again in a minute.';
    case 504:
      return 'The proxy gave up waiting for the server (HTTP 504). The server may have finished after that: look whether it did before you try again.';
  }
  if (status >= 500) return `The server answered with an error (HTTP ${status}). Try again in a moment.`;
  if (status >= 400) return `The request was refused on its way to the server (HTTP ${status}).`;
  return 'Another page answered in place of the server: a proxy, or your network’s sign-in. Load the page again, and sign in where you are asked to.';
}

/** The sentences of an answer of this server: of GraphQL (`errors`) or of its other addresses (`error`); null for any other. */
function errorsIn(body: string): string | null {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof answer !== 'object' || answer === null) return null;
  if ('error' in answer && 'code' in answer && typeof answer.error === 'string') return answer.error;
  if (!('errors' in answer) || !Array.isArray(answer.errors)) return null;
  const sentences = answer.errors.map((error: unknown) =>
    typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
      ? error.message
      : '',
  );
  return sentences.join(' ').trim() || null;
}
