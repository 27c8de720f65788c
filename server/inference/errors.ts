/** The queue is full. The image is refused at once instead of being answered late; the sender can try again in a moment. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';
}

/** The requested version is not loaded in this process. */
export class VersionNotLoadedError extends Error {
  override readonly name = 'VersionNotLoadedError';
}

/** The version cannot be loaded: its network does not match its manifest, or the runtime rejects it. */
export class ModelLoadError extends Error {
  override readonly name = 'ModelLoadError';
}

/** The inference failed for a reason other than the image: its thread died, or the pool was closed. */
export class InferenceFailedError extends Error {
  override readonly name = 'InferenceFailedError';
}
