import {
  Link,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  Typography,
} from '@mui/material';
import { Link as RouterLink } from 'react-router';
import type { ReplicasFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { Section } from '../../ui/section.js';

export const replicasFragment = graphql(`
  fragment Replicas on Model {
    id
    replicas {
      id
      name
      error
      challengerError
      servedSince
      servedVersion {
        id
        version
      }
      challengerVersion {
        id
        version
      }
    }
  }
`);

/** The champion and challenger that each server runs, and the error if it cannot load one of them. */
export function Replicas({ model }: { model: ReplicasFragment }) {
  return (
    <Section
      title="Servers"
      hint="After a promotion, each server verifies and loads the new version automatically."
    >
      {model.replicas.length === 0 ? (
        <Typography color="textSecondary">No server has reported its state in the last minute.</Typography>
      ) : (
        <TableContainer>
          <Table size="small" aria-label="Servers">
            <TableHead>
              <TableRow>
                <TableCell>Server</TableCell>
                <TableCell>Champion</TableCell>
                <TableCell>Running since</TableCell>
                <TableCell>Challenger</TableCell>
              </TableRow>
            </TableHead>
            <TableBody>
              {model.replicas.map((replica) => (
                <TableRow key={replica.id}>
                  <TableCell>{replica.name}</TableCell>
                  <TableCell>
                    <VersionOrNone version={replica.servedVersion} error={replica.error} />
                  </TableCell>
                  <TableCell sx={{ whiteSpace: 'nowrap' }}>
                    {replica.servedSince ? <DateTime iso={replica.servedSince} /> : '–'}
                  </TableCell>
                  <TableCell>
                    <VersionOrNone version={replica.challengerVersion} error={replica.challengerError} />
                  </TableCell>
                </TableRow>
              ))}
            </TableBody>
          </Table>
        </TableContainer>
      )}
    </Section>
  );
}

function VersionOrNone({
  version,
  error,
}: {
  version: { id: string; version: number } | null;
  error: string | null;
}) {
  return (
    <>
      {version ? (
        <Link component={RouterLink} to={`/model-versions/${version.id}`}>
          Version {version.version}
        </Link>
      ) : (
        '–'
      )}
      {error && (
        <Typography variant="body2" color="error" sx={{ overflowWrap: 'anywhere' }}>
          {error}
        </Typography>
      )}
    </>
  );
}
