import { useEffect } from 'react';
import type { QueuedFile } from '../predictions/classification-queue.js';
import type { HeldImages } from './held-images.js';

/** Deletes images from this device once the server has stored them with its answer. */
export function useRemoveUploaded(held: HeldImages, files: readonly QueuedFile[]): void {
  useEffect(() => {
    const stored = files.flatMap(({ target, step }) =>
      target.held && (step.kind === 'answered' || step.kind === 'answered as a field')
        ? [target.held.id]
        : [],
    );
    if (stored.length > 0) void held.remove(stored).catch(() => undefined);
  }, [held, files]);
}
