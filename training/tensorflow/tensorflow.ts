import './restore-node-util.cjs'; // before the engine, which needs it

/** The TensorFlow.js API on the native engine. Handed in everywhere, because its engine may not be installed. */
export type TensorFlow = typeof import('@tensorflow/tfjs-node');

/** Loads the native engine into this process: 200 MB, which blocks the thread that computes with it. */
export async function loadTensorFlow(): Promise<TensorFlow> {
  // What it logs below warnings is about its own build.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  const { default: tf } = await import('@tensorflow/tfjs-node');
  return tf;
}
