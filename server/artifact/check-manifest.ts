import type { describeNetwork } from './export-onnx.js';
import type { Manifest } from './manifest.js';

/**
 * Checks the manifest's statements about the network. Returns a sentence for each that is false, which says what would be
 * right; empty if all are true. The evidence weights must equal those of the last dense layer exactly (float32), so that
 * the mean of the evidence map is the score.
 */
export function faultsOfDescription(
  { evidence, network, preprocessing: { inputSize } }: Manifest,
  actual: ReturnType<typeof describeNetwork>,
): string[] {
  const faults: string[] = [];
  const isDenseLayer =
    evidence.weights.length === actual.evidence.weights.length &&
    evidence.weights.every((value, index) => Math.fround(value) === actual.evidence.weights[index]) &&
    Math.fround(evidence.bias) === actual.evidence.bias;
  if (!isDenseLayer) {
    faults.push(
      `evidence.weights and evidence.bias are not those of the network's last dense layer, which has ${actual.evidence.weights.length} weights and the bias ${actual.evidence.bias}.`,
    );
  }
  if (String(evidence.grid) !== String(actual.evidence.grid)) {
    faults.push(
      `evidence.grid is [${evidence.grid.join()}]; the network's last features have [${actual.evidence.grid.join()}].`,
    );
  }
  if (network.parameters !== actual.parameters) {
    faults.push(`network.parameters is ${network.parameters}; the network has ${actual.parameters}.`);
  }
  if (network.macs !== actual.macs) {
    faults.push(`network.macs is ${network.macs}; the network takes ${actual.macs} for one image.`);
  }
  if (String(actual.inputShape) !== String([inputSize, inputSize, 3])) {
    faults.push(
      `preprocessing.inputSize is ${inputSize}; the network takes [${actual.inputShape.join()}], and it must be a square of 3 colours.`,
    );
  }
  return faults;
}
