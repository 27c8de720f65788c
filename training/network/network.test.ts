import { randomFrom } from '../../server/imaging/seeded-random.js';
import { describeNetwork } from '../../server/artifact/export-onnx.js';
import { exportModel } from './export-model.js';
import { isTensorFlowInstalled } from '../tensorflow/install-tensorflow.js';
import { architectureFor, buildNetwork, composeEnsemble } from './network.js';
import { seeOnlyRed } from './see-only-red.js';
import { loadTensorFlow, type TensorFlow } from '../tensorflow/tensorflow.js';

const SIZE = 32;

(isTensorFlowInstalled() ? describe : describe.skip)('composeEnsemble', () => {
  let tf: TensorFlow;
  const architecture = architectureFor(SIZE, 3);

  beforeAll(async () => {
    tf = await loadTensorFlow();
  });

  const build = () => {
    const members = [0, 1, 2].map((index) => ({
      model: buildNetwork(tf, SIZE, architecture, index + 1),
      calibration: { slope: 0.5 + index, intercept: index - 0.7 },
    }));
    return { members, ensemble: composeEnsemble(tf, SIZE, architecture, members) };
  };
  const image = () => {
    const random = randomFrom('image');
    const pixels = Float32Array.from({ length: 4 * SIZE * SIZE * 3 }, () => random.between(-2, 2));
    return tf.tensor4d(pixels, [4, SIZE, SIZE, 3]);
  };

  it('answers with the mean of the calibrated logits of its members', () => {
    const { members, ensemble } = build();
    const logitsOf = (model: typeof ensemble) => {
      const logits = model.predict(image());
      if (Array.isArray(logits)) throw new Error('One output was expected.');
      return Array.from(logits.dataSync());
    };
    const each = members.map(({ model, calibration: { slope, intercept } }) =>
      logitsOf(model).map((logit) => slope * logit + intercept),
    );
    logitsOf(ensemble).forEach((logit, row) => {
      const mean = each.reduce((sum, logits) => sum + (logits[row] ?? NaN), 0) / each.length;
      expect(Math.abs(logit - mean)).toBeLessThan(1e-5);
    });
  });

  it('has the cost of its members, and one grid of evidence for all', async () => {
    const { members, ensemble } = build();
    const [{ model } = { model: ensemble }] = members;
    const one = await exportModel(tf, model);
    const all = await exportModel(tf, ensemble);
    const single = describeNetwork(one.modelJson, one.weights);
    const whole = describeNetwork(all.modelJson, all.weights);
    expect(whole.macs).toBe(3 * single.macs);
    expect(whole.parameters).toBe(3 * single.parameters - 2);
    expect(whole.evidence.grid).toEqual(single.evidence.grid);
    expect(whole.evidence.weights).toHaveLength(3 * single.evidence.weights.length);
  });

  it('gives a network of red images the same results for colours with any green and blue', () => {
    const network = buildNetwork(tf, SIZE, architecture, 1);
    const colours = image();
    const red = colours.slice([0, 0, 0, 0], [-1, -1, -1, 1]).tile([1, 1, 1, 3]);
    const logitsOf = (images: Parameters<typeof network.predict>[0]) => {
      const logits = network.predict(images);
      if (Array.isArray(logits)) throw new Error('One output was expected.');
      return Array.from(logits.dataSync());
    };
    const expected = logitsOf(red);
    expect(Math.abs((logitsOf(colours)[0] ?? NaN) - (expected[0] ?? NaN))).toBeGreaterThan(1e-3);
    seeOnlyRed(tf, network);
    logitsOf(colours).forEach((logit, index) => expect(logit).toBeCloseTo(expected[index] ?? NaN, 4));
  });
});
