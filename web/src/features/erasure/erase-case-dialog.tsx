import { useMutation, useQuery } from '@apollo/client/react';
import {
  Alert,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Link,
  TextField,
  Typography,
} from '@mui/material';
import { useId, useState } from 'react';
import { Link as RouterLink } from 'react-router';
import type { CaseContentsFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Facts } from '../../ui/facts.js';
import { FormDialog } from '../../ui/form-dialog.js';
import { count } from '../../ui/format.js';
import { Loading } from '../../ui/loading.js';
import { Problem } from '../../ui/problem.js';

export const caseContentsFragment = graphql(`
  fragment CaseContents on CaseContents {
    predictionCount
    fieldCount
    reviewCount
    reportCount
    datasetItemCount
    bulkClassificationCount
    unfinishedBulkClassificationCount
    imageCount
    sharedImageCount
    datasetSnapshots {
      id
      name
      version
    }
  }
`);

const caseQuery = graphql(`
  query CaseToErase($caseReference: String!) {
    caseContents(caseReference: $caseReference) {
      ...CaseContents
    }
  }
`);

const eraseMutation = graphql(`
  mutation EraseCase($input: EraseCaseInput!) {
    eraseCase(input: $input) {
      erasure {
        auditEventId
        contents {
          ...CaseContents
        }
      }
      userErrors {
        code
        message
      }
    }
  }
`);

/** The queries whose results can contain something of a case. */
const ERASED_FIELDS = ['predictions', 'prediction', 'field', 'bulkClassifications', 'bulkClassification'];

interface EraseCaseDialogProps {
  caseReference: string;
  onClose: (isErased: boolean) => void;
}

/** Shows what is recorded about a case, and erases it after the user has typed the case reference and a reason. */
export function EraseCaseDialog({ caseReference, onClose }: EraseCaseDialogProps) {
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState('');
  const query = useQuery(caseQuery, { variables: { caseReference }, fetchPolicy: 'no-cache' });
  const [erase, mutation] = useMutation(eraseMutation, {
    // Nothing of the case must stay in the browser's memory.
    update: (cache) => {
      for (const fieldName of ERASED_FIELDS) cache.evict({ fieldName });
      cache.gc();
    },
  });
  const contents = query.data?.caseContents;
  const erasure = mutation.data?.eraseCase.erasure;
  if (erasure) return <Erased contents={erasure.contents} onClose={() => onClose(true)} />;
  return (
    <FormDialog
      title="Erase case"
      action="Erase permanently"
      color="error"
      disabled={!contents || typed.trim() !== caseReference}
      mutation={mutation}
      userErrors={mutation.data?.eraseCase.userErrors}
      onSubmit={() =>
        void erase({ variables: { input: { caseReference, reason: reason.trim() } } }).catch(() => undefined)
      }
      onClose={() => onClose(false)}
    >
      <Typography>
        Everything that is recorded about this case is removed. This cannot be undone. The audit trail keeps
        what was done, but not for which case.
      </Typography>
      {query.error && <Problem error={query.error} />}
      {contents ? <Contents contents={contents} /> : !query.error && <Loading rows={2} />}
      <TextField
        label="Type the case reference to confirm"
        required
        autoFocus
        autoComplete="off"
        helperText={`The case reference is ${caseReference}`}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      <TextField
        label="Reason"
        required
        multiline
        minRows={2}
        helperText="Stays in the audit trail. At least 10 characters, without the case reference."
        value={reason}
        onChange={(event) => setReason(event.target.value)}
      />
    </FormDialog>
  );
}

function Contents({ contents }: { contents: CaseContentsFragment }) {
  return (
    <>
      <Facts
        facts={[
          ['Predictions', contents.predictionCount.toLocaleString()],
          ['Fields', contents.fieldCount.toLocaleString()],
          ['Reviews', contents.reviewCount.toLocaleString()],
          ['Signed reports', contents.reportCount.toLocaleString()],
          ['Images in snapshots of reviews', contents.datasetItemCount.toLocaleString()],
          ['Folders', contents.bulkClassificationCount.toLocaleString()],
          ['Images to delete', contents.imageCount.toLocaleString()],
        ]}
      />
      {contents.unfinishedBulkClassificationCount > 0 && (
        <Alert severity="warning">
          Folders of this case that are still being classified:{' '}
          {contents.unfinishedBulkClassificationCount.toLocaleString()}. Wait for them, or cancel them, first.
        </Alert>
      )}
      <KeptImages contents={contents} />
    </>
  );
}

function KeptImages({
  contents: { sharedImageCount, datasetSnapshots },
}: {
  contents: CaseContentsFragment;
}) {
  if (sharedImageCount === 0) return null;
  return (
    <Alert severity="info">
      Images that are kept, because other predictions or dataset snapshots use them too:{' '}
      {sharedImageCount.toLocaleString()}.
      {datasetSnapshots.length > 0 && (
        <>
          {' '}
          Snapshots:{' '}
          {datasetSnapshots.map(({ id, name, version }, index) => (
            <span key={id}>
              {index > 0 && ', '}
              <Link component={RouterLink} to={`/datasets/${id}`}>
                {name} version {version}
              </Link>
            </span>
          ))}
        </>
      )}
    </Alert>
  );
}

function Erased({ contents, onClose }: { contents: CaseContentsFragment; onClose: () => void }) {
  const titleId = useId();
  return (
    <Dialog open onClose={onClose} fullWidth maxWidth="sm" aria-labelledby={titleId}>
      <DialogTitle id={titleId}>The case was erased</DialogTitle>
      <DialogContent>
        <Typography sx={{ mb: 2 }}>
          {count(contents.predictionCount, 'prediction')}, {count(contents.reviewCount, 'review')} and{' '}
          {count(contents.fieldCount, 'field')} were removed. Image files to delete:{' '}
          {contents.imageCount.toLocaleString()}. A worker deletes them within minutes. Backups keep what they
          have until they expire.
        </Typography>
        <KeptImages contents={contents} />
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose} variant="contained" autoFocus>
          Close
        </Button>
      </DialogActions>
    </Dialog>
  );
}
