import { useEffect, useState } from 'react';
import { type EvidencePlaces, evidencePlaces } from './evidence-place.js';

/** Pixels of each side that are read: divisible by three, and enough for maps of a few cells. */
const SIDE = 48;

/** Where the evidence map at this address looks; null until it has loaded. */
export function useEvidencePlaces(url: string | null | undefined): EvidencePlaces | null {
  const [read, setRead] = useState<{ url: string; places: EvidencePlaces } | null>(null);
  useEffect(() => {
    if (!url) return;
    const map = new Image();
    map.onload = () => {
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = SIDE;
      const context = canvas.getContext('2d');
      if (!context) return;
      context.drawImage(map, 0, 0, SIDE, SIDE);
      const { data } = context.getImageData(0, 0, SIDE, SIDE);
      setRead({ url, places: evidencePlaces(data, SIDE, SIDE) });
    };
    map.src = url;
    return () => {
      map.onload = null;
    };
  }, [url]);
  return read?.url === url ? (read?.places ?? null) : null;
}
