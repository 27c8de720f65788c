import type { Artifact } from '../../server/artifact/artifact.js';
import type { Options } from './options.js';
import type { RawLimit } from './raw-limit.js';
import { type ServerUnderLoad, startServerUnderLoad } from './server-under-load.js';
import { createToken, promote, type Site } from './site.js';

/** The equipment that all parts share. */
export interface Workbench {
  options: Options;
  images: readonly Buffer[];
  site: Site;
  token: string;
  /** The champion, and another version whose answers differ. */
  versionIds: readonly [string, string];
  /** Measured in the same run. */
  limit: RawLimit;
  say: (line: string) => void;
}

/** Registers both versions and makes the first one champion, through a server. */
export async function prepareSite(
  site: Site,
  artifacts: readonly [Artifact, Artifact],
): Promise<Pick<Workbench, 'token' | 'versionIds'>> {
  const server = await startServerUnderLoad(site.settings);
  try {
    const versionIds = [await site.register(artifacts[0]), await site.register(artifacts[1])] as const;
    const token = await createToken(server.url);
    await promote(server.url, token, versionIds[0]);
    return { token, versionIds };
  } finally {
    await server.stop();
  }
}

/** Starts a server, runs `work`, and stops the server. */
export async function withServer<Result>(
  { site, options }: Workbench,
  work: (server: ServerUnderLoad) => Promise<Result>,
  { core = null, settings = {} }: { core?: number | null; settings?: Record<string, string> } = {},
): Promise<Result> {
  const server = await startServerUnderLoad(
    { ...site.settings, ...settings },
    { core, profileFolder: options.profile },
  );
  try {
    return await work(server);
  } finally {
    await server.stop();
  }
}
