import { batched } from '../../api/batched.js';
import type { RequestContext } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import type { Manifest } from '../../artifact/manifest.js';
import { loadManifests } from '../models/load-models.js';
import { readyModelVersion } from '../models/promotions/ready-model-version.js';

/** The version that a fit starts from. */
export interface Base {
  version: { id: string; modelId: string; version: number };
  manifest: Manifest;
}

/**
 * The version that a fit of a READY version starts from: the version itself, or its base if it is a fit.
 * @throws a user error NOT_FOUND or CONFLICT if there is no such version, or it is not READY, or its base is not registered here
 */
export async function baseVersion(context: RequestContext, modelVersionId: string): Promise<Base> {
  const { version } = await readyModelVersion(context, modelVersionId, 'be fitted');
  const manifest = await manifestOf(context, version.id);
  const { fit } = manifest;
  if (!fit) return { version, manifest };
  const base = await context.database.modelVersion.findFirst({
    where: { modelId: version.modelId, digest: fit.base, status: { in: ['READY', 'ARCHIVED'] } },
    select: { id: true, modelId: true, version: true },
  });
  if (base) return { version: base, manifest: await manifestOf(context, base.id) };
  const message = `Version ${version.version} was fitted from a version that is not registered here, with the digest ${fit.base}. Register that version, and fit it.`;
  throw userError(UserErrorCode.CONFLICT, message, ['input', 'modelVersionId']);
}

async function manifestOf(context: RequestContext, id: string): Promise<Manifest> {
  const manifest = await batched(context, loadManifests).load(id);
  if (!manifest) throw new Error(`${id} has no manifest.`);
  return manifest;
}
