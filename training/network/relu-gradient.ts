import type { TensorFlow } from '../tensorflow/tensorflow.js';

/**
 * Lets the gradient of ReLU be taken from its output, dy · sign(y), until the function that is returned is called.
 * TensorFlow.js makes it of seven operations on its input and an array of ones that it fills in JavaScript and copies in
 * again each time: a quarter of a training step. The values are the same.
 */
export function takeReluGradientFromOutput(tf: TensorFlow): () => void {
  const own = tf.getGradient('Relu');
  const replaceBy = (gradient: typeof own) => {
    tf.unregisterGradient('Relu');
    tf.registerGradient(gradient);
  };
  replaceBy({
    kernelName: 'Relu',
    outputsToSave: [true],
    gradFunc: (dy, [y]) => {
      if (!y || Array.isArray(dy)) throw new Error('ReLU has one output.');
      return { x: () => y.sign().mul(dy) };
    },
  });
  return () => replaceBy(own);
}
