import type { describeNetwork } from './export-onnx.js';

/** About half a second of one core; the bundled model takes less than a hundredth of it. */
const MOST_MACS = 20e9;
/** 1 GiB as float32, if a runtime kept all layers' outputs: what one image may take of the server's memory. */
const MOST_ACTIVATIONS = 2 ** 28;

/**
 * Why a network would hold up or bring down the server that it answers on, each fault a sentence: empty where it would not. A
 * few kilobytes of weights can describe a network that takes hours and all memory for one image.
 */
export function faultsOfCost({
  macs,
  activations,
}: Pick<ReturnType<typeof describeNetwork>, 'macs' | 'activations'>): string[] {
  const faults: string[] = [];
  if (macs > MOST_MACS) {
    faults.push(
      `The network takes ${macs} multiply-accumulates for one image; a server answers with at most ${MOST_MACS}.`,
    );
  }
  if (activations > MOST_ACTIVATIONS) {
    faults.push(
      `The network's layers give ${activations} numbers for one image; a server answers with at most ${MOST_ACTIVATIONS}.`,
    );
  }
  return faults;
}
