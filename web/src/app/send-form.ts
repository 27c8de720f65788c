import { ServerError } from '@apollo/client';

export interface SendFormOptions {
  /** Called with the part of the bytes that has left, 0…1. */
  onProgress?: (fraction: number) => void;
  signal?: AbortSignal;
}

/** Some proxies close the connection while a request that they find too large is still being sent. */
const CONNECTION_LOST =
  'The connection to the server was lost. Try again. If it is always lost with large files, a proxy in front of the server refuses their size: ask those who run it.';

/**
 * Posts a form to a GraphQL endpoint and resolves to its result.
 * Rejects with a ServerError when the answer is not GraphQL's, and with a sentence for people when there is no connection or
 * the signal is aborted.
 */
export function sendForm(
  uri: string,
  form: FormData,
  { onProgress, signal }: SendFormOptions,
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', uri);
    request.setRequestHeader('accept', 'application/graphql-response+json, application/json');
    // A header no foreign page can set without asking: the server takes uploads only with it.
    request.setRequestHeader('apollo-require-preflight', 'true');
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress?.(event.loaded / event.total);
    };
    request.onload = () => {
      const { status, statusText, responseText: bodyText } = request;
      const result = parseResult(bodyText);
      if (result) return resolve(result);
      const message = `No GraphQL in the answer (HTTP ${status})`;
      reject(new ServerError(message, { response: new Response(null, { status, statusText }), bodyText }));
    };
    request.onerror = () => reject(new Error(CONNECTION_LOST));
    const abort = () => {
      request.abort();
      reject(new Error('The upload was cancelled.'));
    };
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort, { once: true });
    request.onloadend = () => signal?.removeEventListener('abort', abort);
    request.send(form);
  });
}

function parseResult(text: string): Record<string, unknown> | null {
  try {
    const result: unknown = JSON.parse(text);
    const isResult =
      typeof result === 'object' && result !== null && ('data' in result || 'errors' in result);
    return isResult ? { ...result } : null;
  } catch {
    return null;
  }
}
