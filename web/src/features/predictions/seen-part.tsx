import { Box, Stack, Typography } from '@mui/material';
import { coloursOnPictures } from '../../ui/colours.js';
import { percent } from '../../ui/format.js';

/** The part of the picture that the version saw, in shares of its width and height, 0 to 1. */
export interface SeenPart {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * The part of a picture that the version saw. Null if that was all of it, or is not known.
 * @param frame in pixels of the picture; what it reaches beyond it is left out
 */
export function seenPartOf(
  frame: SeenPart | null | undefined,
  picture: { width: number; height: number },
): SeenPart | null {
  if (!frame) return null;
  const left = Math.max(0, frame.left / picture.width);
  const top = Math.max(0, frame.top / picture.height);
  const width = Math.min(1, (frame.left + frame.width) / picture.width) - left;
  const height = Math.min(1, (frame.top + frame.height) / picture.height) - top;
  const isAll = width > ALL && height > ALL;
  return isAll || width <= 0 || height <= 0 ? null : { left, top, width, height };
}

/** Less than this share of a picture is a part of it: the rest would not be seen. */
const ALL = 0.99;

const dashed = `2px dashed ${coloursOnPictures.leftOut}`;

/** An outline of the part, over a picture that fills the same parent. */
export function SeenPartOutline({ part }: { part: SeenPart }) {
  const of = (share: number) => `${share * 100}%`;
  return (
    <Box
      aria-hidden
      sx={{
        position: 'absolute',
        ...{ left: of(part.left), top: of(part.top), width: of(part.width), height: of(part.height) },
        // The light line keeps the dark one visible over a nucleus.
        ...{ border: dashed, outline: '1px solid #ffffffb0', outlineOffset: '-3px' },
        forcedColorAdjust: 'none',
        pointerEvents: 'none',
      }}
    />
  );
}

/** The legend of the outline, which says in words where the part is. */
export function SeenPartLegend({ part }: { part: SeenPart }) {
  const share = part.width * part.height;
  return (
    <Stack direction="row" spacing={0.75} sx={{ alignItems: 'center' }}>
      {/* Pale like a smear, because the line has the same colour as over the picture. */}
      <Box
        aria-hidden
        sx={{
          ...{ width: 22, height: 16, flexShrink: 0, bgcolor: '#f6f4fa' },
          border: dashed,
          forcedColorAdjust: 'none',
        }}
      />
      <Typography variant="body2">
        The part that the version saw: {percent(share)} of the picture, from {percent(part.left)} to{' '}
        {percent(part.left + part.width)} of its width and {percent(part.top)} to{' '}
        {percent(part.top + part.height)} of its height
      </Typography>
    </Stack>
  );
}
