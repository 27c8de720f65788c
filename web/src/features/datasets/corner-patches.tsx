import { Box, Stack, Typography } from '@mui/material';
import { CORNERS_PER_SIDE } from '../../../../server/pixels/measure-pixels.js';
import type { ShownItemFragment } from '../../graphql/graphql.js';
import { readable } from '../../ui/format.js';

const places = ['0 0', '100% 0', '0 100%', '100% 100%'];

/** The corners of the images, by label. Differences between labels here do not come from the cells. */
export function CornerPatches({ items }: { items: readonly ShownItemFragment[] }) {
  const labels = [...new Set(items.map(({ label }) => label))];
  return (
    <Box component="figure" sx={{ m: 0 }}>
      <Typography component="figcaption" variant="body2" color="textSecondary" sx={{ mb: 0.75 }}>
        Corners of these images, without the cell in the centre:
      </Typography>
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: `repeat(${Math.min(labels.length, 3)}, minmax(0, 12rem))`,
        }}
      >
        {labels.map((label) => (
          <Stack key={label} spacing={0.5} sx={{ minWidth: 0 }}>
            <Box
              role="img"
              aria-label={`Corners of the images of ${readable(label)}`}
              sx={{
                display: 'grid',
                gridTemplateColumns: 'repeat(8, 1fr)',
                borderRadius: 1,
                overflow: 'hidden',
                border: 1,
                borderColor: 'divider',
              }}
            >
              {items
                .filter((item) => item.label === label)
                .slice(0, 8)
                .flatMap(({ key, image }) =>
                  places.map((place) => (
                    <Box
                      key={`${key} ${place}`}
                      sx={{
                        aspectRatio: 1,
                        backgroundImage: `url(${JSON.stringify(image.thumbnailUrl)})`,
                        backgroundSize: `${CORNERS_PER_SIDE * 100}%`,
                        backgroundPosition: place,
                      }}
                    />
                  )),
                )}
            </Box>
            <Typography variant="body2" noWrap>
              {readable(label)}
            </Typography>
          </Stack>
        ))}
      </Box>
    </Box>
  );
}
