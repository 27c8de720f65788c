import { useQuery } from '@apollo/client/react';
import { Box, Button, Link, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { CheckIcon, CloseIcon, RingIcon } from '../../ui/icons.js';
import { Section } from '../../ui/section.js';

const firstStepsQuery = graphql(`
  query FirstSteps {
    users {
      id
    }
    datasetSnapshots(first: 1) {
      totalCount
    }
    predictions(first: 1) {
      edges {
        cursor
      }
    }
  }
`);

const HIDDEN = 'cytograph first steps hidden';

/** What an administrator does first on a new server, with what has been done; nothing once all is done or it is hidden. */
export function FirstSteps() {
  const [hidden, setHidden] = useState(() => localStorage.getItem(HIDDEN) !== null);
  const { data } = useQuery(firstStepsQuery, { fetchPolicy: 'cache-and-network', skip: hidden });
  if (hidden || !data) return null;
  const steps = [
    {
      done: data.users.length > 1,
      name: 'Add the people who will use Cytograph',
      path: '/people',
      why: 'With a separate account for each person, the history says who did what.',
    },
    {
      done: data.datasetSnapshots.totalCount > 0,
      name: 'Ingest labelled images',
      path: '/datasets',
      why: 'Needed to evaluate the bundled model on your own cells, and to train one.',
    },
    {
      done: data.predictions.edges.length > 0,
      name: 'Classify a first image',
      path: '/classify',
      why: 'The bundled model answers at once.',
    },
  ];
  if (steps.every(({ done }) => done)) return null;
  const hide = () => {
    localStorage.setItem(HIDDEN, 'yes');
    setHidden(true);
  };
  return (
    <Box sx={{ maxWidth: 1200, mx: 'auto', mt: 2.5 }}>
      <Section
        title="First steps"
        actions={
          <Button size="small" startIcon={<CloseIcon />} onClick={hide}>
            Hide
          </Button>
        }
      >
        <Stack component="ol" spacing={1} sx={{ listStyle: 'none', p: 0, m: 0 }}>
          {steps.map(({ done, name, path, why }) => (
            <Stack key={path} component="li" direction="row" spacing={1.5}>
              {done ? (
                <CheckIcon color="success" titleAccess="Done" />
              ) : (
                <RingIcon color="action" titleAccess="To do" />
              )}
              <Box>
                <Link component={RouterLink} to={path}>
                  {name}
                </Link>
                <Typography variant="body2" color="textSecondary">
                  {why}
                </Typography>
              </Box>
            </Stack>
          ))}
        </Stack>
      </Section>
    </Box>
  );
}
