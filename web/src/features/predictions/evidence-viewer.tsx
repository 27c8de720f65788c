import { Box, IconButton, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { colours } from '../../ui/colours.js';
import { percent, readable } from '../../ui/format.js';
import { ZoomInIcon, ZoomOutIcon } from '../../ui/icons.js';
import { EvidenceImage } from './evidence-image.js';
import type { EvidencePlace } from './evidence-place.js';
import { EvidenceSlider } from './evidence-slider.js';
import { type SeenPart, SeenPartLegend, SeenPartOutline } from './seen-part.js';
import { useEvidencePlaces } from './use-evidence-places.js';

interface EvidenceViewerProps {
  src: string;
  /** Shown if the browser cannot display `src`, such as a TIFF. */
  fallbackSrc?: string;
  alt: string;
  evidenceMapUrl: string | null | undefined;
  positiveLabel: string;
  /** Width / height of the image. Default: 1. */
  ratio?: number;
  /** Outlined in the image. Default: the version saw all of it, or that is not known. */
  seenPart?: SeenPart | null;
}

const STRONGEST = 4;
/** At this opacity, both the map and the nucleus below it are clear. */
const FIRST_OPACITY = 0.7;

/** A cell with its evidence map, which can be faded and enlarged, its legend, and a text that says where the map looks. */
export function EvidenceViewer({ evidenceMapUrl, positiveLabel, seenPart, ...image }: EvidenceViewerProps) {
  const [opacity, setOpacity] = useState(FIRST_OPACITY);
  const [zoom, setZoom] = useState(1);
  const label = readable(positiveLabel);
  return (
    <Stack spacing={1.5} sx={{ width: '100%' }}>
      <Box
        role="group"
        aria-label="Cell"
        tabIndex={zoom > 1 ? 0 : undefined}
        sx={{ overflow: 'auto', borderRadius: 1.5, aspectRatio: image.ratio ?? 1 }}
      >
        <Box sx={{ position: 'relative', width: `${zoom * 100}%` }}>
          <EvidenceImage {...image} evidenceMapUrl={evidenceMapUrl} evidenceOpacity={opacity} width="100%" />
          {seenPart && <SeenPartOutline part={seenPart} />}
        </Box>
      </Box>
      <Stack direction="row" spacing={1} className="not-printed" sx={{ alignItems: 'center' }}>
        <IconButton
          aria-label="Smaller"
          title="Smaller"
          disabled={zoom <= 1}
          onClick={() => setZoom(zoom / 2)}
        >
          <ZoomOutIcon />
        </IconButton>
        <IconButton
          aria-label="Larger"
          title="Larger"
          disabled={zoom >= STRONGEST}
          onClick={() => setZoom(zoom * 2)}
        >
          <ZoomInIcon />
        </IconButton>
        <Box sx={{ flex: 1, minWidth: 0, pr: 1 }}>
          {evidenceMapUrl && <EvidenceSlider opacity={opacity} onChange={setOpacity} width="100%" />}
        </Box>
      </Stack>
      {seenPart && <SeenPartLegend part={seenPart} />}
      {evidenceMapUrl ? (
        <>
          <Stack direction="row" useFlexGap sx={{ flexWrap: 'wrap', columnGap: 2, rowGap: 0.5 }}>
            <LegendEntry colour={colours.evidenceRaises} text={`Raises the probability of ${label}`} />
            <LegendEntry colour={colours.evidenceLowers} text={`Lowers the probability of ${label}`} />
          </Stack>
          <WhereItLooks url={evidenceMapUrl} label={label} />
        </>
      ) : (
        <Typography variant="body2" color="textSecondary">
          No evidence map was stored for this prediction.
        </Typography>
      )}
    </Stack>
  );
}

/** A colour of the map, from no evidence to the strongest. */
function LegendEntry({ colour, text }: { colour: string; text: string }) {
  return (
    <Stack direction="row" spacing={0.75} sx={{ alignItems: 'center' }}>
      <Box
        aria-hidden
        sx={{
          width: 44,
          height: 12,
          borderRadius: 0.5,
          border: 1,
          borderColor: 'divider',
          background: `linear-gradient(to right, transparent, ${colour})`,
          forcedColorAdjust: 'none',
        }}
      />
      <Typography variant="body2">{text}</Typography>
    </Stack>
  );
}

function WhereItLooks({ url, label }: { url: string; label: string }) {
  const places = useEvidencePlaces(url);
  if (!places) return null;
  const { raises, lowers } = places;
  return (
    <Typography variant="body2" color="textSecondary">
      {raises && `Evidence for ${label}: ${describe(raises)}. `}
      {lowers && `Evidence against ${label}: ${describe(lowers)}. `}
      {raises || lowers
        ? 'Strong evidence beside the cell is a reason to doubt the result.'
        : 'The map has no evidence in either direction.'}
    </Typography>
  );
}

/** '83.3 % of the map, most of it in the centre (80.0 %)' */
function describe({ share, place, shareInPlace }: EvidencePlace): string {
  return `${percent(share)} of the map, strongest in the ${place} (${percent(shareInPlace)} of it)`;
}
