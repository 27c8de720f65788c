import { Alert, Box, Button, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { useDropzone } from 'react-dropzone';
import { bytes } from '../../ui/format.js';
import { PassedIcon } from '../../ui/icons.js';
import { addFiles, neededFiles, optionalFile } from './artifact-files.js';

interface ArtifactDropProps {
  files: readonly File[];
  onFiles: (files: File[]) => void;
}

/** Takes the files of a version, together or one after the other, and says which are still missing. */
export function ArtifactDrop({ files, onFiles }: ArtifactDropProps) {
  const [strange, setStrange] = useState<string[]>([]);
  const { getRootProps, getInputProps, isDragActive, open } = useDropzone({
    onDropAccepted: (dropped) => {
      const next = addFiles(files, dropped);
      setStrange(next.strange);
      onFiles(next.files);
    },
    noClick: true,
    noKeyboard: true,
  });
  return (
    <Stack spacing={1.5}>
      <Box
        {...getRootProps()}
        sx={{
          border: '2px dashed',
          borderColor: isDragActive ? 'primary.main' : '#b8aed0',
          bgcolor: isDragActive ? '#ece5f8' : 'background.paper',
          borderRadius: 3,
          p: 2,
        }}
      >
        <input {...getInputProps({ 'aria-label': 'Files of the version' })} />
        <Stack
          direction={{ xs: 'column', sm: 'row' }}
          spacing={1}
          sx={{ justifyContent: 'space-between', alignItems: { sm: 'center' }, mb: 1 }}
        >
          <Typography sx={{ fontWeight: 600 }}>
            {isDragActive ? 'Let go to add them' : 'Drop the files of the version here'}
          </Typography>
          <Button variant="outlined" onClick={open}>
            Choose files
          </Button>
        </Stack>
        <Stack component="ul" aria-label="Files" spacing={0.25} sx={{ listStyle: 'none', p: 0, m: 0 }}>
          {[...neededFiles, optionalFile].map((name) => (
            <FileLine key={name} name={name} file={files.find((file) => file.name === name)} />
          ))}
        </Stack>
      </Box>
      {strange.length > 0 && (
        <Alert severity="warning">
          Left out, as no file of a version is called that: {strange.join(', ')}.
        </Alert>
      )}
    </Stack>
  );
}

function FileLine({ name, file }: { name: string; file: File | undefined }) {
  const whenMissing = name === optionalFile ? 'optional: exported here without it' : 'missing';
  return (
    <Stack component="li" direction="row" spacing={0.75} sx={{ alignItems: 'center', minHeight: 24 }}>
      <PassedIcon
        color="success"
        sx={{ fontSize: 18, visibility: file ? 'visible' : 'hidden' }}
        aria-hidden
      />
      <Typography variant="body2">
        {name}{' '}
        <Typography component="span" variant="body2" color="textSecondary">
          {file ? bytes(file.size) : whenMissing}
        </Typography>
      </Typography>
    </Stack>
  );
}
