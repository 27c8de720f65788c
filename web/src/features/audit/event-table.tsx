import {
  Chip,
  Link,
  Paper,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
} from '@mui/material';
import { Link as RouterLink } from 'react-router';
import type { AuditEventRowFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { readable } from '../../ui/format.js';
import { outcomeLabels } from '../../ui/labels.js';
import { actionLabel } from './action-labels.js';

export const auditEventRow = graphql(`
  fragment AuditEventRow on AuditEvent {
    id
    createdAt
    action
    outcome
    entityId
    ip
    detail
    casePseudonym
    chainPosition
    actor {
      id
      displayName
    }
    answer {
      outcome
      label
    }
  }
`);

interface EventTableProps {
  events: readonly AuditEventRowFragment[];
  /** Shows only the events of a user or about an object. */
  onFilter: (name: 'actor' | 'entity', id: string) => void;
}

/** Events of the audit trail. Scrolls sideways on narrow screens. */
export function EventTable({ events, onFilter }: EventTableProps) {
  return (
    <TableContainer component={Paper} tabIndex={0} role="region" aria-label="Events">
      <Table size="small">
        <TableHead>
          <TableRow>
            {['Time', 'User', 'Action', 'Object', 'Details', 'Address', 'Position in chain'].map((name) => (
              <TableCell key={name}>{name}</TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {events.map(
            ({
              id,
              createdAt,
              actor,
              action,
              outcome,
              entityId,
              detail,
              casePseudonym,
              answer,
              ip,
              chainPosition,
            }) => (
              <TableRow key={id}>
                <TableCell sx={{ whiteSpace: 'nowrap' }}>
                  <DateTime iso={createdAt} />
                </TableCell>
                <TableCell>
                  {actor ? (
                    <Link component="button" onClick={() => onFilter('actor', actor.id)}>
                      {actor.displayName}
                    </Link>
                  ) : (
                    'System or not signed in'
                  )}
                </TableCell>
                <TableCell>
                  {actionLabel(action)}
                  {outcome === 'failure' && (
                    <Chip label="Failed" size="small" color="error" variant="outlined" sx={{ ml: 1 }} />
                  )}
                </TableCell>
                <TableCell sx={{ whiteSpace: 'nowrap' }}>
                  {entityId && <EntityLink id={entityId} onFilter={onFilter} />}
                </TableCell>
                <TableCell
                  title={detail ?? undefined}
                  sx={{ minWidth: 260, overflowWrap: 'anywhere', whiteSpace: 'pre-line' }}
                >
                  {answer && describeAnswer(answer)}
                  {detail && withShortDigests(detail)}
                  {casePseudonym && ` Case ${casePseudonym.slice(0, 8)}…`}
                </TableCell>
                <TableCell>{ip}</TableCell>
                <TableCell align="right">{chainPosition ?? 'Not sealed yet'}</TableCell>
              </TableRow>
            ),
          )}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

/** The pages of objects by the prefix of their id. */
const pages: Record<string, string> = {
  pred: '/predictions/',
  mver: '/model-versions/',
  snap: '/datasets/',
  run: '/training/',
  bulk: '/folders/',
};

/** Leads to the page of the object, or shows the events about it if it has no page. */
function EntityLink({ id, onFilter }: { id: string; onFilter: EventTableProps['onFilter'] }) {
  const [prefix = ''] = id.split('_');
  const page = pages[prefix];
  const shortId = /^[a-z]+_[0-9a-f]{32}$/.test(id) ? `${prefix}_…${id.slice(-6)}` : id; // its end differs most
  return page ? (
    <Link component={RouterLink} to={page + id} title={id}>
      {shortId}
    </Link>
  ) : (
    <Link component="button" onClick={() => onFilter('entity', id)} title={id}>
      {shortId}
    </Link>
  );
}

/** What the user was shown, or the most probable class of an answer whose label was withheld. */
function describeAnswer({ outcome, label }: NonNullable<AuditEventRowFragment['answer']>): string {
  const name = readable(label);
  return `${isOutcome(outcome) ? outcomeLabels[outcome] : outcome}: ${outcome === 'CLASSIFIED' ? name : `most probable ${name}`}. `;
}

/** A text whose SHA-256 digests are cut to their first eight digits: a page of thumbnails has dozens of them. */
function withShortDigests(text: string): string {
  return text.replaceAll(/\b([0-9a-f]{8})[0-9a-f]{56}\b/g, '$1…');
}

function isOutcome(outcome: string): outcome is keyof typeof outcomeLabels {
  return Object.hasOwn(outcomeLabels, outcome);
}
