import { Stack, Typography } from '@mui/material';
import { Code } from './code.js';

/** Files that were not taken, each with why. */
export function FileList({ files }: { files: readonly { file: string; detail: string }[] }) {
  return (
    <Stack component="ul" spacing={1} sx={{ listStyle: 'none', p: 0, m: 0 }}>
      {files.map(({ file, detail }) => (
        <li key={file}>
          <Code>{file}</Code>
          <Typography variant="body2" color="textSecondary" sx={{ overflowWrap: 'anywhere' }}>
            {detail}
          </Typography>
        </li>
      ))}
    </Stack>
  );
}
