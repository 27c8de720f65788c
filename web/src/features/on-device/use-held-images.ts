import { useEffect, useState } from 'react';
import type { HeldImage, HeldImages } from './held-images.js';

/** The images of a user that this device keeps, newest first; null until they are read. */
export function useHeldImages(held: HeldImages, userId: string): readonly HeldImage[] | null {
  const [images, setImages] = useState<readonly HeldImage[] | null>(null);
  useEffect(() => {
    let isCurrent = true;
    const read = () => {
      void held.list(userId).then(
        (list) => {
          if (isCurrent) setImages(list);
        },
        () => {
          if (isCurrent) setImages([]);
        },
      );
    };
    read();
    const stop = held.subscribe(read);
    return () => {
      isCurrent = false;
      stop();
    };
  }, [held, userId]);
  return images;
}
