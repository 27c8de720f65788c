import { useQuery } from '@apollo/client/react';
import { Box, Button, MenuItem, Stack, TextField, Typography } from '@mui/material';
import { useState } from 'react';
import type { DatasetItemsQuery } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { readable } from '../../ui/format.js';
import { Loading } from '../../ui/loading.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';

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
            key
            label
            group
            split
            image {
              sha256
              url
              thumbnailUrl
            }
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

/** The images of a snapshot, of all labels or of one, a page at a time. */
export function Items({ snapshotId, labels }: ItemsProps) {
  const [label, setLabel] = useState('');
  const { data, error, loading, refetch, fetchMore } = useQuery(datasetItemsQuery, {
    variables: { id: snapshotId, first: PAGE_SIZE, label: label || null },
    notifyOnNetworkStatusChange: true,
  });
  const items = data?.datasetSnapshot?.items;
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
        {error && <Problem error={error} retry={() => void refetch()} />}
        {!items && !error && <Loading rows={2} height={110} />}
        {items && (
          <>
            <Box
              component="ul"
              sx={{
                display: 'grid',
                gap: 1,
                gridTemplateColumns: 'repeat(auto-fill, minmax(96px, 1fr))',
                listStyle: 'none',
                p: 0,
                m: 0,
              }}
            >
              {items.edges.map(({ node }) => (
                <Item key={node.key} item={node} />
              ))}
            </Box>
            <Stack direction="row" spacing={2} sx={{ alignItems: 'center' }}>
              <Typography variant="body2" color="textSecondary">
                {items.edges.length.toLocaleString()} of {items.totalCount.toLocaleString()}
              </Typography>
              {items.pageInfo.hasNextPage && (
                <Button
                  variant="outlined"
                  loading={loading}
                  onClick={() => void fetchMore({ variables: { after: items.pageInfo.endCursor } })}
                >
                  Show more
                </Button>
              )}
            </Stack>
          </>
        )}
      </Stack>
    </Section>
  );
}

type DatasetItem = NonNullable<DatasetItemsQuery['datasetSnapshot']>['items']['edges'][number]['node'];

function Item({ item }: { item: DatasetItem }) {
  const told = [item.key, item.group && `group ${item.group}`, item.split].filter(Boolean).join(', ');
  return (
    <Box component="li" sx={{ minWidth: 0 }}>
      <a href={item.image.url} target="_blank" rel="noreferrer" title={told}>
        <Box
          component="img"
          src={item.image.thumbnailUrl}
          alt={told}
          loading="lazy"
          sx={{
            width: '100%',
            aspectRatio: 1,
            objectFit: 'cover',
            borderRadius: 1,
            display: 'block',
            bgcolor: '#ece8f3',
          }}
        />
      </a>
      <Typography variant="caption" component="p" noWrap>
        {readable(item.label)}
      </Typography>
    </Box>
  );
}
