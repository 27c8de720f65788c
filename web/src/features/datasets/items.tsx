import { useQuery } from '@apollo/client/react';
import { Button, MenuItem, Stack, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import { graphql } from '../../graphql/index.js';
import { readable } from '../../ui/format.js';
import { Loaded } from '../../ui/loaded.js';
import { Section } from '../../ui/section.js';
import { Thumbnails } from './thumbnails.js';

const PAGE_SIZE = 48;

const datasetItemsQuery = graphql(`
  query DatasetItems($id: ID!, $first: Int!, $after: String, $label: String) {
    datasetSnapshot(id: $id) {
      id
      items(first: $first, after: $after, label: $label) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        edges {
          cursor
          node {
            ...ShownItem
          }
        }
      }
    }
  }
`);

interface ItemsProps {
  snapshotId: string;
  labels: readonly string[];
}

/** The images of a snapshot, page by page, for all labels or one. */
export function Items({ snapshotId, labels }: ItemsProps) {
  const [label, setLabel] = useState('');
  const query = useQuery(datasetItemsQuery, {
    variables: { id: snapshotId, first: PAGE_SIZE, label: label || null },
    notifyOnNetworkStatusChange: true,
  });
  return (
    <Section
      title="Images"
      actions={
        <TextField
          select
          label="Label"
          value={label}
          onChange={(event) => setLabel(event.target.value)}
          slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
          sx={{ minWidth: 170 }}
        >
          <MenuItem value="">All labels</MenuItem>
          {labels.map((name) => (
            <MenuItem key={name} value={name}>
              {readable(name)}
            </MenuItem>
          ))}
        </TextField>
      }
    >
      <Stack spacing={2}>
        <Loaded query={query} content={query.data?.datasetSnapshot?.items} rows={2} height={110}>
          {(items) => (
            <>
              <Thumbnails items={items.edges.map(({ node }) => node)} />
              <Stack direction="row" spacing={2} sx={{ alignItems: 'center' }}>
                <Typography variant="body2" color="textSecondary">
                  {items.edges.length.toLocaleString()} of {items.totalCount.toLocaleString()} shown
                </Typography>
                {items.pageInfo.hasNextPage && (
                  <Button
                    variant="outlined"
                    loading={query.loading}
                    onClick={() => void query.fetchMore({ variables: { after: items.pageInfo.endCursor } })}
                  >
                    Show more
                  </Button>
                )}
              </Stack>
            </>
          )}
        </Loaded>
      </Stack>
    </Section>
  );
}
