import { Box, Dialog, DialogActions, DialogContent, DialogTitle, IconButton, Link } from '@mui/material';
import { colours } from '../../ui/colours.js';
import type { ShownItemFragment } from '../../graphql/graphql.js';
import { Code } from '../../ui/code.js';
import { Facts } from '../../ui/facts.js';
import { readable } from '../../ui/format.js';
import { BackIcon, CloseIcon, NextIcon } from '../../ui/icons.js';

interface ImageDialogProps {
  items: readonly ShownItemFragment[];
  /** The index of the image shown. */
  at: number;
  onMove: (at: number) => void;
  onClose: () => void;
}

/** One enlarged image with its details. The arrow keys and buttons go to the previous and next image. */
export function ImageDialog({ items, at, onMove, onClose }: ImageDialogProps) {
  const item = items[at];
  if (!item) return null;
  const { key, label, group, split, image } = item;
  const move = (by: number) => {
    if (items[at + by]) onMove(at + by);
  };
  return (
    <Dialog
      open
      onClose={onClose}
      fullWidth
      maxWidth="sm"
      aria-labelledby="image-title"
      onKeyDown={({ key: pressed }) => {
        if (pressed === 'ArrowLeft') move(-1);
        if (pressed === 'ArrowRight') move(1);
      }}
    >
      <DialogTitle id="image-title" sx={{ pr: 7 }}>
        {readable(label)}
        <IconButton aria-label="Close" onClick={onClose} sx={{ position: 'absolute', right: 12, top: 12 }}>
          <CloseIcon />
        </IconButton>
      </DialogTitle>
      <DialogContent>
        <Box
          component="img"
          src={image.url}
          alt={`${readable(label)}, ${key}`}
          sx={{
            width: '100%',
            maxHeight: '60vh',
            objectFit: 'contain',
            display: 'block',
            mb: 2,
            borderRadius: 1,
            bgcolor: colours.pictureBackground,
          }}
        />
        <Facts
          facts={[
            ['File', <Code key="key">{key}</Code>],
            ['Patient or slide', group],
            ['Split', split],
            ['Size', `${image.width} × ${image.height} pixels`],
          ]}
        />
      </DialogContent>
      <DialogActions sx={{ justifyContent: 'space-between', pl: 3 }}>
        <Link href={image.url} target="_blank" rel="noreferrer" variant="body2">
          Open image file
        </Link>
        <Box>
          <IconButton aria-label="Previous image" disabled={at === 0} onClick={() => move(-1)}>
            <BackIcon />
          </IconButton>
          <IconButton aria-label="Next image" disabled={at === items.length - 1} onClick={() => move(1)}>
            <NextIcon />
          </IconButton>
        </Box>
      </DialogActions>
    </Dialog>
  );
}
