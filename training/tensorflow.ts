/** The TensorFlow.js API on the native engine. Handed in everywhere, because its engine may not be installed. */
export type TensorFlow = typeof import('@tensorflow/tfjs-node');
