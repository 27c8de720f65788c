/** The bytes are not an image that a model can classify. `message` says to the sender what would be right. */
export class UnreadableImageError extends Error {
  override readonly name = 'UnreadableImageError';
}
