import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const Header = z.object({
  /** Identifies the recipe, data and architecture. A checkpoint with another identity is ignored. */
  identity: z.string(),
  /** Epochs and optimiser steps that are done. */
  epoch: z.int(),
  step: z.int(),
  best: z.object({ epoch: z.int(), loss: z.number() }),
  /** Numbers in each of `tensors`. */
  lengths: z.array(z.int()),
});

/** Where a run is after an epoch. Order and augmentation follow from seed and epoch: no random state has to be kept. */
export interface Checkpoint extends Omit<z.infer<typeof Header>, 'lengths'> {
  /** The weights, their running means, the optimiser's state, and the best epoch's weights, in this order. */
  tensors: Float32Array[];
}

/** Writes the checkpoint durably, and replaces the previous one atomically. */
export async function writeCheckpoint(path: string, { tensors, ...header }: Checkpoint): Promise<void> {
  const json = Buffer.from(JSON.stringify({ ...header, lengths: tensors.map(({ length }) => length) }));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(json.length);
  await mkdir(dirname(path), { recursive: true });
  const file = await open(`${path}.${process.pid}`, 'w');
  try {
    await file.writev([
      size,
      json,
      ...tensors.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
    ]);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.${process.pid}`, path);
}

/** Reads the checkpoint at `path`; null if there is none or it has another `identity`. */
export async function readCheckpoint(path: string, identity: string): Promise<Checkpoint | null> {
  const bytes = await readFile(path).catch(() => null);
  if (!bytes) return null;
  const start = 4 + bytes.readUInt32LE(0);
  const { lengths, ...header } = Header.parse(JSON.parse(bytes.toString('utf8', 4, start)));
  if (header.identity !== identity) return null;
  const floats = new Float32Array(Uint8Array.from(bytes.subarray(start)).buffer); // a copy: aligned to four bytes
  let offset = 0;
  const tensors = lengths.map((length) => floats.subarray(offset, (offset += length)));
  return { ...header, tensors };
}
