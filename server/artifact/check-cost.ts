import type { describeNetwork } from './export-onnx.js';

/** About half a second of one core; the bundled model takes less than a hundredth of it. */
const MOST_MACS = 20e9;
/** The largest number of layer outputs for one image: 1 GiB as float32, if a runtime keeps the outputs of all layers. */
const MOST_ACTIVATIONS = 2 ** 28;

/**
 * Checks whether a network is cheap enough to serve. Returns a sentence for each fault; empty if there is none. A few
 * kilobytes of weights can describe a network that needs hours and all memory for one image.
 */
export function faultsOfCost({
  macs,
  activations,
}: Pick<ReturnType<typeof describeNetwork>, 'macs' | 'activations'>): string[] {
  const faults: string[] = [];
  if (macs > MOST_MACS) {
    faults.push(`The network needs ${macs} multiply-accumulates for one image; the limit is ${MOST_MACS}.`);
  }
  if (activations > MOST_ACTIVATIONS) {
    faults.push(
      `The network's layers output ${activations} numbers for one image; the limit is ${MOST_ACTIVATIONS}.`,
    );
  }
  return faults;
}
