export interface SendFormOptions {
  /** Called with the part of the bytes that has left, 0…1. */
  onProgress?: (fraction: number) => void;
  signal?: AbortSignal;
}

/**
 * Posts a form to a GraphQL endpoint and resolves to its result.
 * Rejects with a sentence for people when there is no connection or the answer is not GraphQL's, and when
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
      const result = parseResult(request.responseText);
      if (result) resolve(result);
      else reject(new Error(`The server could not take the file (HTTP ${request.status}). Try it again.`));
    };
    request.onerror = () => reject(new Error('The connection to the server was lost. Try it again.'));
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
