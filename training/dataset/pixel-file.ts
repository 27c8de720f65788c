import { readSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** The prepared images of a snapshot, in the order of its items: uint8 `[S, S, 3]` each. */
export interface PixelCache {
  /** The file they are in. */
  readonly path: string;
  /** Bytes of one image. */
  readonly imageBytes: number;
  /** Reads image `index` into `out`. */
  read(index: number, out: Uint8Array): void;
  close(): Promise<void>;
}

/** Opens a whole cache, in any thread. */
export async function openPixelFile(path: string, imageBytes: number): Promise<PixelCache> {
  const file = await open(path, 'r');
  return {
    path,
    imageBytes,
    read(index, out) {
      const read = readSync(file.fd, out, 0, imageBytes, index * imageBytes);
      if (read !== imageBytes)
        throw new Error(`${path} ends before image ${index}: delete it and train again.`);
    },
    close: () => file.close(),
  };
}
