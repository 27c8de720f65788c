/** Joins the parts in memory that threads share, which `InferencePool.infer` does not copy. */
export function joinShared(parts: readonly Uint8Array[]): Uint8Array<SharedArrayBuffer> {
  const size = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const whole = new Uint8Array(new SharedArrayBuffer(size));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.byteLength;
  }
  return whole;
}

/** Returns the bytes if they are in shared memory, otherwise a copy in shared memory. */
export function shared(bytes: Uint8Array): Uint8Array<SharedArrayBuffer> {
  return isShared(bytes) ? bytes : joinShared([bytes]);
}

function isShared(bytes: Uint8Array): bytes is Uint8Array<SharedArrayBuffer> {
  return bytes.buffer instanceof SharedArrayBuffer;
}
