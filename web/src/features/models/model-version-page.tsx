import { useQuery } from '@apollo/client/react';
import {
  Box,
  Button,
  Link,
  Stack,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
} from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink, useParams } from 'react-router';
import { useMay } from '../../session/viewer.js';
import type { ModelVersionPageQuery } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Code } from '../../ui/code.js';
import { Facts } from '../../ui/facts.js';
import { DateTime } from '../../ui/date-time.js';
import { bytes, percentThreshold, readable } from '../../ui/format.js';
import { outcomeLabels } from '../../ui/labels.js';
import { isUnderWay } from '../../ui/job-status.js';
import { LoadedPage } from '../../ui/loaded-page.js';
import { Page } from '../../ui/page.js';
import { Section } from '../../ui/section.js';
import { usePolling } from '../../ui/use-polling.js';
import { AliasChips } from './alias-chips.js';
import { Approvals } from './approvals.js';
import { ApproveDialog } from './approve-dialog.js';
import { ArchiveDialog } from './archive-dialog.js';
import { EvaluateDialog } from './evaluate-dialog.js';
import { EvaluationView } from './evaluation-view.js';
import { FitsOfVersion } from '../fitting/fits-of-version.js';
import { ModelCard } from './model-card.js';
import { PromoteDialog } from './promote-dialog.js';
import { ReportedFigures } from './reported-figures.js';
import { RetireDialog } from './retire-dialog.js';
import { ShadowAgreement } from './shadow-agreement.js';
import { VersionStatusChip } from './version-status-chip.js';

const modelVersionPageQuery = graphql(`
  query ModelVersionPage($id: ID!) {
    modelVersion(id: $id) {
      id
      version
      status
      aliases
      digest
      artifactUri
      classes
      positiveLabel
      inputSize
      decisionThreshold
      abstentionBand
      description
      createdAt
      trainedElsewhere
      predictionCount
      modelCard
      model {
        id
        name
      }
      files {
        name
        sha256
        byteSize
        url
      }
      trainingRun {
        id
      }
      datasetSnapshot {
        id
        name
        version
      }
      createdBy {
        id
        displayName
      }
      fittedBy {
        id
        modelVersion {
          id
          version
        }
      }
      fits {
        ...FitOfVersion
      }
      evaluations {
        ...EvaluationFigures
      }
      reportedMetrics {
        ...ReportedFigures
      }
      approvals {
        ...Approval
      }
      shadowAgreement {
        ...ShadowAgreement
      }
    }
  }
`);

type Version = NonNullable<ModelVersionPageQuery['modelVersion']>;

/** One version: its evaluations, its model card, its settings and its files. */
export function ModelVersionPage() {
  const { id = '' } = useParams();
  const query = useQuery(modelVersionPageQuery, {
    variables: { id },
    fetchPolicy: 'cache-and-network',
  });
  const version = query.data?.modelVersion;
  // Each evaluation follows its own progress. This catches what was published while the WebSocket was closed.
  usePolling(version?.evaluations.some(isUnderWay) ?? false, query.refetch, 10_000);
  return (
    <LoadedPage query={query} item={version} kind="Model version" list={models}>
      {(loaded) => <ModelVersion version={loaded} />}
    </LoadedPage>
  );
}

const models = { title: 'Models', path: '/models' };

function ModelVersion({ version }: { version: Version }) {
  const [opened, setOpened] = useState<Action | null>(null);
  const mayPromote = useMay('promote models');
  const mayEvaluate = useMay('evaluate models');
  const mayTrain = useMay('train');
  return (
    <Page
      title={`${version.model.name} version ${version.version}`}
      above={[
        models,
        { title: version.model.name, path: `/models/${encodeURIComponent(version.model.name)}` },
      ]}
      subtitle={
        <Stack
          direction="row"
          useFlexGap
          spacing={1}
          component="span"
          sx={{ alignItems: 'center', flexWrap: 'wrap' }}
        >
          <VersionStatusChip status={version.status} />
          <AliasChips aliases={version.aliases} />
          <span>{version.description}</span>
        </Stack>
      }
      actions={
        version.status === 'READY' && (
          <>
            {mayPromote &&
              (version.aliases.length === 0 ? (
                <Button color="error" onClick={() => setOpened('archive')}>
                  Archive
                </Button>
              ) : (
                <Button color="error" onClick={() => setOpened('retire')}>
                  Retire
                </Button>
              ))}
            {mayTrain && (
              <Button variant="outlined" component={RouterLink} to={`/model-versions/${version.id}/fit`}>
                Fit to this laboratory
              </Button>
            )}
            {mayEvaluate && (
              <Button variant="outlined" onClick={() => setOpened('evaluate')}>
                Evaluate
              </Button>
            )}
            {mayPromote && (
              <>
                <Button variant="outlined" onClick={() => setOpened('approve')}>
                  {version.aliases.includes('CHAMPION') ? 'Approve retirement' : 'Approve'}
                </Button>
                <Button variant="contained" onClick={() => setOpened('promote')}>
                  Promote
                </Button>
              </>
            )}
          </>
        )
      }
    >
      <Stack spacing={2}>
        <Approvals approvals={version.approvals} />
        {version.shadowAgreement && <ShadowAgreement agreement={version.shadowAgreement} />}
        <Evaluations version={version} />
        <Box
          sx={{
            display: 'grid',
            gap: 2,
            gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'repeat(2, minmax(0, 1fr))' },
            alignItems: 'start',
          }}
        >
          <ModelCard markdown={version.modelCard} />
          <Stack spacing={2}>
            <Details version={version} />
            <FitsOfVersion fits={version.fits} />
            <Files version={version} />
          </Stack>
        </Box>
      </Stack>
      {opened && <ActionDialog action={opened} version={version} onClose={() => setOpened(null)} />}
    </Page>
  );
}

/** What is about to be done with the version. */
type Action = 'promote' | 'approve' | 'evaluate' | 'retire' | 'archive';

function ActionDialog({
  action,
  version,
  onClose,
}: {
  action: Action;
  version: Version;
  onClose: () => void;
}) {
  const [alias] = version.aliases;
  switch (action) {
    case 'promote':
      return <PromoteDialog version={version} onClose={onClose} />;
    case 'approve':
      return (
        <ApproveDialog
          version={version}
          kind={version.aliases.includes('CHAMPION') ? 'RETIREMENT' : 'PROMOTION'}
          onClose={onClose}
        />
      );
    case 'evaluate':
      return <EvaluateDialog version={version} onClose={onClose} />;
    case 'retire':
      return alias ? <RetireDialog version={version} alias={alias} onClose={onClose} /> : null;
    case 'archive':
      return <ArchiveDialog version={version} onClose={onClose} />;
  }
}

/** The evaluations on this server, newest first, then the reported metrics of the splits that were not evaluated here. */
function Evaluations({ version }: { version: Version }) {
  const { positiveLabel } = version;
  const evaluations = version.evaluations.toReversed();
  const reported = version.reportedMetrics
    .filter(({ split }) => !evaluations.some((evaluation) => evaluation.split === split))
    .toReversed();
  const newest = evaluations.find(({ status }) => status === 'SUCCEEDED');
  return (
    <>
      {evaluations.map((evaluation) => (
        <EvaluationView
          key={evaluation.id}
          version={version}
          evaluation={evaluation}
          positiveLabel={positiveLabel}
          openAtFirst={evaluation === newest}
        />
      ))}
      {reported.map((figures, index) => (
        <ReportedFigures
          key={figures.split}
          figures={figures}
          positiveLabel={positiveLabel}
          openAtFirst={!newest && index === 0}
        />
      ))}
    </>
  );
}

function Details({ version }: { version: Version }) {
  const { trainingRun, datasetSnapshot, abstentionBand, fittedBy } = version;
  const [low, high] = abstentionBand;
  return (
    <Section title="Details">
      <Facts
        facts={[
          ['Positive class', readable(version.positiveLabel)],
          ['Classes', version.classes.map(readable).join(', ')],
          ['Threshold', percentThreshold(version.decisionThreshold)],
          [
            outcomeLabels.INDETERMINATE,
            low !== undefined && high !== undefined
              ? `Probability from ${percentThreshold(low)} to ${percentThreshold(high)}`
              : null,
          ],
          ['Input size', `${version.inputSize} × ${version.inputSize} pixels`],
          [
            'Trained on',
            datasetSnapshot && (
              <Link key="snapshot" component={RouterLink} to={`/datasets/${datasetSnapshot.id}`}>
                {datasetSnapshot.name} version {datasetSnapshot.version}
              </Link>
            ),
          ],
          [
            'Origin',
            version.trainedElsewhere
              ? 'Trained elsewhere. Its training data and metrics are as stated at registration.'
              : null,
          ],
          [
            'Fitted from',
            fittedBy && (
              <span key="fit">
                <Link component={RouterLink} to={`/model-versions/${fittedBy.modelVersion.id}`}>
                  version {fittedBy.modelVersion.version}
                </Link>
                {', '}
                <Link component={RouterLink} to={`/fits/${fittedBy.id}`}>
                  figures before and after
                </Link>
              </span>
            ),
          ],
          [
            'Training run',
            trainingRun && (
              <Link key="run" component={RouterLink} to={`/training/${trainingRun.id}`}>
                {trainingRun.id}
              </Link>
            ),
          ],
          [
            'Predictions',
            <Link key="predictions" component={RouterLink} to={`/predictions?version=${version.id}`}>
              {version.predictionCount.toLocaleString()}
            </Link>,
          ],
          ['Created', <DateTime key="created" iso={version.createdAt} />],
          ['Created by', version.createdBy?.displayName],
        ]}
      />
    </Section>
  );
}

function Files({ version }: { version: Version }) {
  return (
    <Section title="Artifact" hint="Every file is checked against its SHA-256 before the version is loaded.">
      <Facts
        facts={[
          ['Digest', <Code key="digest">{version.digest}</Code>],
          ['Location', <Code key="uri">{version.artifactUri}</Code>],
        ]}
      />
      <TableContainer sx={{ mt: 1.5 }}>
        <Table size="small" aria-label="Files of the artifact">
          <TableHead>
            <TableRow>
              <TableCell>File</TableCell>
              <TableCell align="right">Size</TableCell>
              <TableCell>SHA-256</TableCell>
            </TableRow>
          </TableHead>
          <TableBody>
            {version.files.map((file) => (
              <TableRow key={file.name}>
                <TableCell>
                  <Link href={file.url} download={file.name}>
                    {file.name}
                  </Link>
                </TableCell>
                <TableCell align="right" sx={{ whiteSpace: 'nowrap' }}>
                  {bytes(file.byteSize)}
                </TableCell>
                <TableCell title={file.sha256}>
                  <Code>{file.sha256.slice(0, 16)}…</Code>
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </TableContainer>
    </Section>
  );
}
