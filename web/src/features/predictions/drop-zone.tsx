import { Box, Button, Typography } from '@mui/material';
import { useDropzone } from 'react-dropzone';
import { UploadIcon } from '../../ui/icons.js';

interface DropZoneProps {
  onFiles: (files: File[]) => void;
  /** Lower, once there are results to see below it. */
  compact: boolean;
}

/**
 * Takes files that are dropped on it or chosen. It refuses none: what the server cannot read, it says so for that file,
 * in better words than a file name's ending could.
 */
export function DropZone({ onFiles, compact }: DropZoneProps) {
  const { getRootProps, getInputProps, isDragActive, open } = useDropzone({
    onDropAccepted: onFiles,
    noClick: true,
    noKeyboard: true,
  });
  return (
    <Box
      {...getRootProps()}
      sx={{
        border: '2px dashed',
        borderColor: isDragActive ? 'primary.main' : '#b8aed0',
        bgcolor: isDragActive ? '#ece5f8' : 'background.paper',
        borderRadius: 3,
        px: 2,
        py: compact ? 2 : { xs: 4, sm: 7 },
        textAlign: 'center',
        display: 'flex',
        flexDirection: compact ? { xs: 'column', sm: 'row' } : 'column',
        alignItems: 'center',
        justifyContent: 'center',
        gap: compact ? 2 : 1.5,
        transition: 'background-color 120ms',
      }}
    >
      <input {...getInputProps({ 'aria-label': 'Images to classify' })} />
      {!compact && <UploadIcon sx={{ fontSize: 44, color: 'primary.main' }} aria-hidden />}
      <Typography sx={{ fontWeight: 600 }}>
        {isDragActive ? 'Let go to classify' : 'Drop cell images here'}
      </Typography>
      <Button variant={compact ? 'outlined' : 'contained'} onClick={open}>
        Choose images
      </Button>
      {!compact && (
        <Typography variant="body2" color="textSecondary">
          JPEG, PNG, TIFF or WebP, as many as you like. One cell per image.
        </Typography>
      )}
    </Box>
  );
}
