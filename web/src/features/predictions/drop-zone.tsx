import { Box, Stack, Typography, useMediaQuery } from '@mui/material';
import { FileDrop } from '../../ui/file-drop.js';
import { UploadIcon } from '../../ui/icons.js';

interface DropZoneProps {
  onFiles: (files: File[]) => void;
  /** Less tall, to leave room for the results below. */
  compact: boolean;
}

/**
 * Accepts images by drag and drop, from a file dialog, as a folder, and on phones and tablets from the camera. It accepts every type: if the server cannot read a file, its error
 * message is more precise than a check of the file extension.
 */
export function DropZone({ onFiles, compact }: DropZoneProps) {
  const isTouched = useMediaQuery('(pointer: coarse)');
  return (
    <FileDrop
      label="Images to classify"
      onFiles={onFiles}
      choose="Choose images"
      buttonVariant={compact ? 'outlined' : 'contained'}
    >
      {({ isOver, button, folderButton, cameraButton }) => (
        <Box
          sx={{
            px: 2,
            py: compact ? 2 : { xs: 4, sm: 7 },
            textAlign: 'center',
            display: 'flex',
            flexDirection: compact ? { xs: 'column', sm: 'row' } : 'column',
            alignItems: 'center',
            justifyContent: 'center',
            gap: compact ? 2 : 1.5,
          }}
        >
          {!compact && <UploadIcon sx={{ fontSize: 44, color: 'primary.main' }} aria-hidden />}
          <Typography sx={{ fontWeight: 600 }}>
            {isOver ? 'Release to classify' : 'Drop cell images here'}
          </Typography>
          <Stack direction="row" useFlexGap sx={{ flexWrap: 'wrap', justifyContent: 'center', gap: 1 }}>
            {button}
            {isTouched ? cameraButton : folderButton}
          </Stack>
          {!compact && (
            <Typography variant="body2" color="textSecondary">
              JPEG, PNG, TIFF or WebP, any number of files, of single cells or whole fields.
              {!isTouched && ' You can also drop folders, or paste copied images with Ctrl+V (⌘V on a Mac).'}
            </Typography>
          )}
        </Box>
      )}
    </FileDrop>
  );
}
