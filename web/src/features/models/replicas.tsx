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
import { dateTime } from '../../ui/format.js';
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

/** Which version each server answers with, and what keeps it from answering with the champion. */
export function Replicas({ model }: { model: ReplicasFragment }) {
  return (
    <Section
      title="Servers"
      hint="Each follows a promotion by itself, once it has verified and loaded the version."
    >
      {model.replicas.length === 0 ? (
        <Typography color="textSecondary">No server has been heard of in the last minute.</Typography>
      ) : (
        <TableContainer>
          <Table size="small" aria-label="Servers">
            <TableHead>
              <TableRow>
                <TableCell>Server</TableCell>
                <TableCell>Answers with</TableCell>
                <TableCell>Since</TableCell>
                <TableCell>Shadowed by</TableCell>
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
                    {replica.servedSince ? dateTime(replica.servedSince) : '–'}
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
          version {version.version}
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
