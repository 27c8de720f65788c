/** The queue is full: refused at once rather than answered late. Whoever sent it may try again in a moment. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';
}

/** The version asked for is not loaded here (any more). */
export class VersionNotLoadedError extends Error {
  override readonly name = 'VersionNotLoadedError';
}

/** The version cannot be served: its network and its manifest disagree, or the runtime refuses it. */
export class ModelLoadError extends Error {
  override readonly name = 'ModelLoadError';
}

/** Not the image's fault: the thread that worked on it died, or the pool was closed. */
export class InferenceFailedError extends Error {
  override readonly name = 'InferenceFailedError';
}
