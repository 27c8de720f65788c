/**
 * Explains an HTTP response that is not a GraphQL result, in a message for the user. Such a response comes from a proxy in front
 * of the server, from a network's sign-in page, or from the server before it has read the operation.
 * @param status the HTTP status of the response
 * @param body the text of the response; if it has error messages of this server, they are returned unchanged
 */
export function httpProblem(status: number, body: string): string {
  const messages = errorsIn(body);
  if (messages) return messages;
  switch (status) {
    case 401:
    case 403:
    case 407:
      return `A proxy or your network’s sign-in page refused the request (HTTP ${status}). Reload the page, and sign in if you are asked to.`;
    case 404:
    case 405:
      return `The Cytograph server was not found at its address (HTTP ${status}). Ask your administrator to check the path that the proxy forwards.`;
    case 413:
      return 'The file is larger than a proxy in front of the server allows (HTTP 413). Send a smaller file, or ask your administrator to raise the limit of the proxy (client_max_body_size in nginx).';
    case 429:
      return 'A proxy refused the request because there were too many (HTTP 429). Wait a minute, then try again.';
    case 431:
      return 'The browser sent more cookies than the proxy or the server accepts (HTTP 431). Delete the cookies of this site and sign in again.';
    case 502:
      return 'The proxy cannot reach the server (HTTP 502). The server may be restarting: try again in a minute.';
    case 503:
      return 'The server is not available (HTTP 503). It may be starting or under maintenance: try again in a minute.';
    case 504:
      return 'The request timed out in the proxy (HTTP 504). The server may still have completed it: check before you try again.';
  }
  if (status >= 500) return `The server reported an error (HTTP ${status}). Try again in a moment.`;
  if (status >= 400) return `The request was refused before it reached the server (HTTP ${status}).`;
  return 'A proxy or your network’s sign-in page returned another page instead of the data. Reload the page, and sign in if you are asked to.';
}

/** The error messages in a response of this server: of GraphQL (`errors`) or of its other endpoints (`error`). Null for other responses. */
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
