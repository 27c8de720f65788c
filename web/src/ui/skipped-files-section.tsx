import { Stack, Typography } from '@mui/material';
import type { SkippedFilesPageFragment } from '../graphql/graphql.js';
import { graphql } from '../graphql/index.js';
import { Code } from './code.js';
import { Loaded, type LoadState } from './loaded.js';
import { PageButtons } from './page-buttons.js';
import { Section } from './section.js';

export const skippedFilesPageFragment = graphql(`
  fragment SkippedFilesPage on SkippedFileConnection {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    edges {
      node {
        file
        detail
      }
    }
  }
`);

interface SkippedFilesSectionProps {
  title: string;
  hint?: string;
  query: LoadState;
  /** One page of files. Undefined while loading. */
  page: SkippedFilesPageFragment | undefined;
  /** The cursor after which the page begins. Undefined for the first page. */
  after: string | undefined;
  onAfter: (after: string | undefined) => void;
}

/** The files that a job skipped, page by page, each with the reason. */
export function SkippedFilesSection({ title, hint, query, page, after, onAfter }: SkippedFilesSectionProps) {
  return (
    <Section title={title} hint={hint}>
      <Loaded query={query} content={page} rows={2} height={40}>
        {({ edges, pageInfo }) => (
          <Stack spacing={1.5}>
            <Stack component="ul" spacing={1} sx={{ listStyle: 'none', p: 0, m: 0 }}>
              {edges.map(({ node: { file, detail } }) => (
                <li key={file}>
                  <Code>{file}</Code>
                  <Typography variant="body2" color="textSecondary" sx={{ overflowWrap: 'anywhere' }}>
                    {detail}
                  </Typography>
                </li>
              ))}
            </Stack>
            <PageButtons label="Pages of skipped files" pageInfo={pageInfo} after={after} onAfter={onAfter} />
          </Stack>
        )}
      </Loaded>
    </Section>
  );
}
