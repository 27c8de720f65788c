import { calibratedProbability } from '../../../../../server/decision/interpret.js';
import { normalise } from '../../../../../server/pixels/normalise.js';
import { prepareBox } from '../../../../../server/pixels/prepare-pixels.js';
import { pictureResizer } from '../../../../../server/pixels/resize-picture.js';
import { decodePicture } from './decode-picture.js';
import type { DeviceManifest } from './model-files.js';
import type { Network } from './open-network.js';

/** As much as the answers of a browser may differ from those of the server. */
const TOLERANCE = 0.01;
/** The largest difference between float32 sums in different orders, relative to the largest term. */
const ROUNDING = 1e-3;

/**
 * Checks an engine before it answers: the logit is the mean of the evidence, and the version's reference images get the probabilities that
 * were recorded when the version was made. Rejects with an Error that says what differs.
 */
export async function checkNetwork(manifest: DeviceManifest, network: Network): Promise<void> {
  const { preprocessing, references = [], evidence, calibration } = manifest;
  const size = preprocessing.inputSize;
  const sample = Float32Array.from({ length: size * size * 3 }, (_, at) => ((at * 7919) % 1009) / 252 - 2);
  const { logit, evidence: map } = await network.run(sample);
  const mean = map.values.reduce((sum, value) => sum + value, 0) / map.values.length;
  const scale = map.values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  if (!(Math.abs(evidence.bias + mean - logit) <= ROUNDING * scale))
    throw new Error('the network does not match its manifest');

  for (const reference of references) {
    const { picture } = await decodePicture(bytesOf(reference.image));
    const whole = { left: 0, top: 0, width: picture.width, height: picture.height };
    const { pixels } = await prepareBox(
      picture,
      reference.frame ?? whole,
      preprocessing,
      pictureResizer(picture),
    );
    const output = await network.run(normalise(pixels, preprocessing));
    const probability = calibratedProbability(calibration, output.logit);
    if (!(Math.abs(probability - reference.probability) <= TOLERANCE))
      throw new Error(
        `a reference image has the probability ${probability} instead of ${reference.probability}`,
      );
  }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
