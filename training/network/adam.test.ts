import { Adam } from './adam.js';
import { isTensorFlowInstalled } from '../tensorflow/install-tensorflow.js';
import { loadTensorFlow } from '../tensorflow/tensorflow.js';

(isTensorFlowInstalled() ? describe : describe.skip)('Adam', () => {
  it('steps as in the paper, each value by its own gradient, and lets only kernels decay', async () => {
    const tf = await loadTensorFlow();
    const kernel = tf.variable(tf.tensor2d([1, -2, 3, -4], [2, 2]));
    const bias = tf.variable(tf.tensor1d([0.5, -0.5, 5]));
    const decay = 0.1;
    const adam = new Adam(tf, [kernel, bias], [true, false], decay);
    const values = [1, -2, 3, -4, 0.5, -0.5, 5];
    const first = values.map(() => 0);
    const second = values.map(() => 0);
    for (let step = 1; step <= 5; step++) {
      const rate = 0.01 * step;
      const gradients = values.map((_, index) => Math.sin(7 * index + step));
      values.forEach((value, index) => {
        const gradient = gradients[index] ?? NaN;
        first[index] = 0.9 * (first[index] ?? NaN) + 0.1 * gradient;
        second[index] = 0.999 * (second[index] ?? NaN) + 0.001 * gradient ** 2;
        const mean = first[index] / (1 - 0.9 ** step);
        const square = second[index] / (1 - 0.999 ** step);
        const kept = index < 4 ? value * (1 - rate * decay) : value;
        values[index] = kept - (rate * mean) / (Math.sqrt(square) + 1e-7);
      });
      adam.apply([tf.tensor2d(gradients.slice(0, 4), [2, 2]), tf.tensor1d(gradients.slice(4))], step, rate);
    }
    const actual = [...kernel.dataSync(), ...bias.dataSync()];
    values.forEach((value, index) => expect(actual[index]).toBeCloseTo(value, 5));
    expect(kernel.shape).toEqual([2, 2]);
  });

  it('leaves no tensor behind', async () => {
    const tf = await loadTensorFlow();
    const variable = tf.variable(tf.ones([3, 2]));
    const gradient = tf.ones([3, 2]);
    const before = tf.memory().numTensors;
    const adam = new Adam(tf, [variable], [true], 0.1);
    for (let step = 1; step <= 3; step++) adam.apply([gradient], step, 0.01);
    adam.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
