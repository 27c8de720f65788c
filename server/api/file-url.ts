import type { RequestContext } from './context.js';

/** The address of a file of this server, as browsers ask for it: `path` is what comes after '/files', such as '/images/ab…'. */
export function fileUrl({ config }: Pick<RequestContext, 'config'>, path: string): string {
  return `${config.basePath}/files${path}`;
}
