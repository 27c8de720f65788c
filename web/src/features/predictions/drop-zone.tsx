import { Box, Button, Typography } from '@mui/material';
import { useDropzone } from 'react-dropzone';
import { UploadIcon } from '../../ui/icons.js';

interface DropZoneProps {
  onFiles: (files: File[]) => void;
  /** Less tall, to leave room for the results below. */
  compact: boolean;
}

/**
 * Accepts files by drag and drop or from a file dialog. It accepts every type: if the server cannot read a file, its error
 * message is more precise than a check of the file extension.
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
        {isDragActive ? 'Release to classify' : 'Drop cell images here'}
      </Typography>
      <Button variant={compact ? 'outlined' : 'contained'} onClick={open}>
        Choose images
      </Button>
      {!compact && (
        <Typography variant="body2" color="textSecondary">
          JPEG, PNG, TIFF or WebP, any number of files, of single cells or whole fields.
        </Typography>
      )}
    </Box>
  );
}
