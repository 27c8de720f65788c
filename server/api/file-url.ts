import type { RequestContext } from './context.js';

/** The URL of a file of this server, without the host. `path` follows '/files', for example '/images/ab…'. */
export function fileUrl({ config }: Pick<RequestContext, 'config'>, path: string): string {
  return `${config.basePath}/files${path}`;
}
