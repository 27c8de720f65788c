import { Alert, Box, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { bytes } from '../../ui/format.js';
import { FileDrop } from '../../ui/file-drop.js';
import { PassedIcon } from '../../ui/icons.js';
import { addFiles, optionalFile, requiredFiles } from './artifact-files.js';

interface ArtifactDropProps {
  files: readonly File[];
  onFiles: (files: File[]) => void;
}

/** Accepts the files of a version, together or one by one, and shows which are still missing. */
export function ArtifactDrop({ files, onFiles }: ArtifactDropProps) {
  const [unknown, setUnknown] = useState<string[]>([]);
  const add = (dropped: File[]) => {
    const next = addFiles(files, dropped);
    setUnknown(next.unknown);
    onFiles(next.files);
  };
  return (
    <Stack spacing={1.5}>
      <FileDrop label="Files of the version" onFiles={add} choose="Choose files">
        {({ isOver, button }) => (
          <Box sx={{ p: 2 }}>
            <Stack
              direction={{ xs: 'column', sm: 'row' }}
              spacing={1}
              sx={{ justifyContent: 'space-between', alignItems: { sm: 'center' }, mb: 1 }}
            >
              <Typography sx={{ fontWeight: 600 }}>
                {isOver ? 'Release to add the files' : 'Drop the files of the version here'}
              </Typography>
              {button}
            </Stack>
            <Stack component="ul" aria-label="Files" spacing={0.25} sx={{ listStyle: 'none', p: 0, m: 0 }}>
              {[...requiredFiles, optionalFile].map((name) => (
                <FileLine key={name} name={name} file={files.find((file) => file.name === name)} />
              ))}
            </Stack>
          </Box>
        )}
      </FileDrop>
      {unknown.length > 0 && (
        <Alert severity="warning">Not part of a model version, so not added: {unknown.join(', ')}.</Alert>
      )}
    </Stack>
  );
}

function FileLine({ name, file }: { name: string; file: File | undefined }) {
  const whenMissing = name === optionalFile ? 'optional: the server exports it if missing' : 'missing';
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
