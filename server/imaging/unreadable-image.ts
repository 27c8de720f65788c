/** The bytes are no image that a model may see. `message` is a sentence for whoever sent them: what would be right. */
export class UnreadableImageError extends Error {
  override readonly name = 'UnreadableImageError';
}
