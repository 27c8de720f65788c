import { Box } from '@mui/material';
import Markdown from 'markdown-to-jsx/react';
import { Section } from '../../ui/section.js';

/** The model card from the artifact. It is Markdown; any HTML in it is shown as text. */
export function ModelCard({ markdown }: { markdown: string }) {
  return (
    <Section title="Model card">
      <Box
        sx={{
          overflowX: 'auto',
          overflowWrap: 'anywhere',
          lineHeight: 1.55,
          '& h1': { fontSize: '1.15rem' },
          '& h2': { fontSize: '1rem' },
          '& h3, & h4': { fontSize: '0.95rem' },
          '& table': { borderCollapse: 'collapse', overflowWrap: 'normal' },
          '& th, & td': { border: 1, borderColor: 'divider', px: 1, py: 0.5, textAlign: 'left' },
          '& > :first-of-type': { mt: 0 },
        }}
      >
        <Markdown options={{ disableParsingRawHTML: true, forceBlock: true }}>{markdown}</Markdown>
      </Box>
    </Section>
  );
}
