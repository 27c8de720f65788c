import { Box, ButtonBase, Typography } from '@mui/material';
import { useState } from 'react';
import { colours } from '../../ui/colours.js';
import type { ShownItemFragment } from '../../graphql/graphql.js';
import { readable } from '../../ui/format.js';
import { ImageDialog } from './image-dialog.js';

interface ThumbnailsProps {
  items: readonly ShownItemFragment[];
  /** The minimum side of a thumbnail in pixels. Default: 96. */
  side?: number;
  /** Whether each thumbnail shows its label. Default: true. */
  named?: boolean;
}

/** Thumbnails in a grid. A click opens the image in a dialog. */
export function Thumbnails({ items, side = 96, named = true }: ThumbnailsProps) {
  const [opened, setOpened] = useState<number | null>(null);
  return (
    <>
      <Box
        component="ul"
        sx={{
          display: 'grid',
          gap: 1,
          gridTemplateColumns: `repeat(auto-fill, minmax(${side}px, 1fr))`,
          listStyle: 'none',
          p: 0,
          m: 0,
        }}
      >
        {items.map((item, index) => (
          <Thumbnail key={item.key} item={item} named={named} onOpen={() => setOpened(index)} />
        ))}
      </Box>
      {opened !== null && (
        <ImageDialog items={items} at={opened} onMove={setOpened} onClose={() => setOpened(null)} />
      )}
    </>
  );
}

interface ThumbnailProps {
  item: ShownItemFragment;
  named: boolean;
  onOpen: () => void;
}

function Thumbnail({ item, named, onOpen }: ThumbnailProps) {
  const title = [item.key, item.group && `group ${item.group}`, item.split].filter(Boolean).join(', ');
  return (
    <Box component="li" sx={{ minWidth: 0 }}>
      <ButtonBase onClick={onOpen} title={title} sx={{ display: 'block', width: '100%', borderRadius: 1 }}>
        <Box
          component="img"
          src={item.image.thumbnailUrl}
          alt={title}
          loading="lazy"
          sx={{
            width: '100%',
            aspectRatio: 1,
            objectFit: 'cover',
            borderRadius: 1,
            display: 'block',
            bgcolor: colours.pictureBackground,
          }}
        />
      </ButtonBase>
      {named && (
        <Typography variant="caption" component="p" noWrap>
          {readable(item.label)}
        </Typography>
      )}
    </Box>
  );
}
