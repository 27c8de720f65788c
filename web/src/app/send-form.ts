import { ServerError } from '@apollo/client';

export interface SendFormOptions {
  /** Called with the fraction of the bytes that has been sent, 0 to 1. */
  onProgress?: (fraction: number) => void;
  signal?: AbortSignal;
}

/** Some proxies close the connection during the upload if a request is too large. */
const CONNECTION_LOST =
  'The connection to the server was lost. Try again. If this happens only with large files, a proxy in front of the server probably limits the file size: ask your administrator.';

/**
 * Posts a form to a GraphQL endpoint and resolves to its result.
 * Rejects with a ServerError if the response is not a GraphQL result, and with an Error with a message for the user if the
 * connection fails or the signal is aborted.
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
    // Protects against cross-site request forgery: other sites cannot set this header, and the server requires it for uploads.
    request.setRequestHeader('apollo-require-preflight', 'true');
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress?.(event.loaded / event.total);
    };
    request.onload = () => {
      const { status, statusText, responseText: bodyText } = request;
      const result = parseResult(bodyText);
      if (result) return resolve(result);
      const message = `The response is not a GraphQL result (HTTP ${status})`;
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
