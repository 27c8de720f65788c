import { randomArtifact } from './testing.js';
import { type ArtifactBytes } from './artifact.js';
import { onnxParity } from './onnx-parity.js';

const bytesOf = (seed: number): ArtifactBytes => {
  const { modelJson, weights, onnx } = randomArtifact({ seed, inputSize: 32 });
  return { modelJson, weights, onnx };
};

/** The same graph in other bytes: with a field more, the model's documentation (ModelProto.doc_string, number 6). */
const withDocumentation = (onnx: Uint8Array) =>
  Buffer.concat([onnx, Buffer.of((6 << 3) | 2, 5), Buffer.from('other')]);

test('an export of the same weights agrees because its bytes are equal', async () => {
  expect(await onnxParity(bytesOf(1))).toEqual({
    agrees: true,
    message: expect.stringContaining('byte for byte'),
    difference: null,
  });
});

test('an export of the same weights by another program agrees because its outputs are equal', async () => {
  const artifact = bytesOf(1);
  const parity = await onnxParity({ ...artifact, onnx: withDocumentation(artifact.onnx) });
  expect(parity).toMatchObject({
    agrees: true,
    message: expect.stringContaining('differ by'),
    difference: 0,
  });
});

test('the network of other weights does not agree', async () => {
  const parity = await onnxParity({ ...bytesOf(1), onnx: bytesOf(2).onnx });
  expect(parity).toMatchObject({ agrees: false, message: expect.stringContaining('does not compute') });
  expect(parity.difference).toBeGreaterThan(1e-4);
});

test('a file that is not a network, or has layers that cannot be exported, does not agree and says why', async () => {
  const artifact = bytesOf(1);
  expect(await onnxParity({ ...artifact, onnx: Buffer.from('no network') })).toMatchObject({
    agrees: false,
    message: expect.stringContaining('ONNX Runtime refuses'),
  });
  expect(await onnxParity({ ...artifact, modelJson: Buffer.from('{}') })).toMatchObject({
    agrees: false,
    message: expect.stringContaining('model.json'),
  });
});
