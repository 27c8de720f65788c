import compression from 'compression';
import type { RequestHandler } from 'express';

/** In bytes. The response to a classification is shorter. */
const SHORTEST = 2_048;
/** More parts of the server wait for the end of a response than Node expects before it warns of a leak. */
const MOST_LISTENERS = 30;
/** Data as text. Not event streams, which would wait in the compressor, and not images and model files, which are packed already. */
const COMPRESSED_TYPES = /^(application\/([\w.-]+\+)?json|application\/jsonl|text\/csv)\b/;

/**
 * Compresses long responses with Brotli or gzip if the client accepts it, outside the main thread. Responses with
 * `Cache-Control: no-transform` are sent as they are.
 */
export function compress(): RequestHandler {
  const pack = compression({
    threshold: SHORTEST,
    filter: (_request, response) => COMPRESSED_TYPES.test(String(response.getHeader('Content-Type'))),
  });
  return (request, response, next) => {
    response.setMaxListeners(MOST_LISTENERS);
    pack(request, response, next);
  };
}
