import { Box } from '@mui/material';
import { useState } from 'react';
import { colours } from '../../ui/colours.js';
import { BrokenImageIcon } from '../../ui/icons.js';

interface EvidenceImageProps {
  src: string;
  /** Shown if the browser cannot display `src`, such as a TIFF. */
  fallbackSrc?: string;
  alt: string;
  evidenceMapUrl: string | null | undefined;
  /** Opacity of the evidence map from 0 (hidden) to 1, or a CSS value for it. */
  evidenceOpacity: number | string;
  /** Pixels or a CSS width, either one value or one for each breakpoint. */
  width: number | string | Record<string, number | string>;
  /** Width / height of the image. The frame has the same ratio, so that the evidence map is aligned. Default: 1. */
  ratio?: number;
}

/** A cell image with its evidence map as an overlay. */
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
        bgcolor: colours.pictureBackground,
        display: 'grid',
        placeItems: 'center',
      }}
    >
      {shown === undefined ? (
        <BrokenImageIcon role="img" aria-label={`${alt} (cannot be displayed)`} color="disabled" />
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
          alt="Evidence map: the areas that led to the result"
          loading="lazy"
          style={{ ...layer, opacity: evidenceOpacity }}
        />
      )}
    </Box>
  );
}
