import { takeReluGradientFromOutput } from './relu-gradient.js';
import { isTensorFlowInstalled } from '../tensorflow/install-tensorflow.js';
import { loadTensorFlow } from '../tensorflow/tensorflow.js';

(isTensorFlowInstalled() ? it : it.skip)(
  'gives the gradient that TensorFlow.js gives, and gives its own back',
  async () => {
    const tf = await loadTensorFlow();
    const x = tf.tensor1d([-2, -1e-30, 0, 1e-30, 0.5, 3, -0.1, 7]);
    const dy = tf.tensor1d([1, -2, 3, -4, 5, -6, 0, 1e-20]);
    const gradient = () =>
      Array.from(
        tf
          .grad((value) => tf.relu(value))(x, dy)
          .dataSync(),
      );
    const own = tf.getGradient('Relu');
    const expected = gradient();
    const restore = takeReluGradientFromOutput(tf);
    expect(tf.getGradient('Relu')).not.toBe(own);
    // -0 and 0 are the same gradient.
    expect(gradient().map((value) => value + 0)).toEqual(expected.map((value) => value + 0));
    restore();
    expect(tf.getGradient('Relu')).toBe(own);
  },
);
