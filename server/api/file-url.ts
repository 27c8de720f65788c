import type { RequestContext } from './context.js';

/** What the descriptions of fields with a URL say about it. Without the host, a URL is right for every name of the server. */
export const RELATIVE_URL = 'The URL has no host: resolve it against the URL of the API.';

/** The URL of a file of this server, without the host. `path` follows '/files', for example '/images/ab…'. */
export function fileUrl({ config }: Pick<RequestContext, 'config'>, path: string): string {
  return `${config.basePath}/files${path}`;
}
