import { Box, Typography } from '@mui/material';
import { FileDrop } from '../../ui/file-drop.js';
import { UploadIcon } from '../../ui/icons.js';

interface DropZoneProps {
  onFiles: (files: File[]) => void;
  /** Less tall, to leave room for the results below. */
  compact: boolean;
}

/**
 * Accepts images by drag and drop or from a file dialog. It accepts every type: if the server cannot read a file, its error
 * message is more precise than a check of the file extension.
 */
export function DropZone({ onFiles, compact }: DropZoneProps) {
  return (
    <FileDrop
      label="Images to classify"
      onFiles={onFiles}
      choose="Choose images"
      buttonVariant={compact ? 'outlined' : 'contained'}
    >
      {({ isOver, button }) => (
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
          {button}
          {!compact && (
            <Typography variant="body2" color="textSecondary">
              JPEG, PNG, TIFF or WebP, any number of files, of single cells or whole fields.
            </Typography>
          )}
        </Box>
      )}
    </FileDrop>
  );
}
