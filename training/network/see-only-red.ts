import type { LayersModel } from '@tensorflow/tfjs-node';
import type { TensorFlow } from '../tensorflow/tensorflow.js';

/**
 * Changes a network that was trained on red in place of all three channels, so that it gives the same results for images in
 * colour. Its first convolution, the layer `stem` with the kernel `[size, size, 3, filters]`, takes from red what it took from
 * all channels, and nothing from green and blue.
 */
export function seeOnlyRed(tf: TensorFlow, model: LayersModel): void {
  const stem = model.getLayer('stem');
  const [kernel, ...others] = stem.getWeights();
  if (!kernel) throw new Error('The first convolution has no kernel.');
  const onlyRed = tf.tidy(() => {
    const red = kernel.sum(2, true);
    return tf.concat([red, tf.zerosLike(red), tf.zerosLike(red)], 2);
  });
  stem.setWeights([onlyRed, ...others]);
  onlyRed.dispose();
}
