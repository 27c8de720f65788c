import { Box } from '@mui/material';
import { useState } from 'react';
import { BrokenImageIcon } from '../../ui/icons.js';

interface EvidenceImageProps {
  src: string;
  /** Shown where the browser cannot draw `src` (TIFF, for one). */
  fallbackSrc?: string;
  alt: string;
  evidenceMapUrl: string | null | undefined;
  /** From 0, no evidence, to 1, its full strength; or a CSS value for it. */
  evidenceOpacity: number | string;
  /** Pixels, or any CSS width, by itself or for each breakpoint. */
  width: number | string | Record<string, number | string>;
  /** Width / height of the image; the frame keeps it, so that the evidence lies where it belongs. */
  ratio?: number;
}

/** A cell with the evidence map laid over it. */
export function EvidenceImage({
  src,
  fallbackSrc,
  alt,
  evidenceMapUrl,
  evidenceOpacity,
  width,
  ratio = 1,
}: EvidenceImageProps) {
  const [failed, setFailed] = useState<readonly string[]>([]);
  const shown = [src, fallbackSrc].find((url) => url !== undefined && !failed.includes(url));
  const layer = { position: 'absolute', inset: 0, width: '100%', height: '100%', objectFit: 'fill' } as const;
  return (
    <Box
      sx={{
        position: 'relative',
        width,
        aspectRatio: ratio,
        flexShrink: 0,
        borderRadius: 1.5,
        overflow: 'hidden',
        bgcolor: '#ece8f3',
        display: 'grid',
        placeItems: 'center',
      }}
    >
      {shown === undefined ? (
        <BrokenImageIcon role="img" aria-label={`${alt} (cannot be shown)`} color="disabled" />
      ) : (
        <img
          src={shown}
          alt={alt}
          loading="lazy"
          decoding="async"
          style={{ ...layer, objectFit: 'cover' }}
          onError={() => setFailed((urls) => [...urls, shown])}
        />
      )}
      {evidenceMapUrl && evidenceOpacity !== 0 && (
        <img
          src={evidenceMapUrl}
          alt="Evidence map: where the score came from"
          loading="lazy"
          style={{ ...layer, opacity: evidenceOpacity }}
        />
      )}
    </Box>
  );
}
