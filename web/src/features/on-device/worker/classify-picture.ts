import { interpret } from '../../../../../server/decision/interpret.js';
import { normalise } from '../../../../../server/pixels/normalise.js';
import { preparePixels } from '../../../../../server/pixels/prepare-pixels.js';
import { pictureResizer } from '../../../../../server/pixels/resize-picture.js';
import type { DeviceResult } from '../messages.js';
import { decodePicture } from './decode-picture.js';
import type { DeviceManifest } from './model-files.js';
import type { Network } from './open-network.js';

/**
 * Classifies an image of a single cell as the server does: the same preparation, the same network, the same rules.
 * @throws UnreadableImageError for a file that cannot be read here
 */
export async function classifyPicture(
  manifest: DeviceManifest,
  network: Network,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<DeviceResult> {
  const start = performance.now();
  const { picture, warnings } = await decodePicture(bytes);
  const { pixels, qualityWarnings, frame } = await preparePixels(
    picture,
    manifest.preprocessing,
    pictureResizer(picture),
  );
  const { logit, embedding, evidence } = await network.run(normalise(pixels, manifest.preprocessing));
  const answer = interpret(manifest, {
    logit,
    embedding,
    qualityWarnings: [...warnings, ...qualityWarnings],
  });
  const { width, height } = picture;
  return { ...answer, image: { width, height }, frame, evidence, milliseconds: performance.now() - start };
}
