import { useQuery } from '@apollo/client/react';
import { Alert, Box, Stack, Typography } from '@mui/material';
import type { ReactNode } from 'react';
import { useParams, useSearchParams } from 'react-router';
import type {
  ComparedVersionFragment,
  ComparisonQuery,
  CompareVersionsInput,
} from '../../../graphql/graphql.js';
import { useMay } from '../../../session/viewer.js';
import { EmptyState } from '../../../ui/empty-state.js';
import { count, readable } from '../../../ui/format.js';
import { Loaded } from '../../../ui/loaded.js';
import { LoadedPage } from '../../../ui/loaded-page.js';
import { Page } from '../../../ui/page.js';
import { Section } from '../../../ui/section.js';
import { usePolling } from '../../../ui/use-polling.js';
import { ConfusionTable } from '../confusion-table.js';
import { extentOf } from '../evaluation-view.js';
import { ChangedImages } from './changed-images.js';
import { ComparisonChoices, MOST_COMPARED } from './comparison-choices.js';
import { comparisonChoicesQuery, comparisonQuery } from './comparison-query.js';
import { FiguresTable } from './figures-table.js';
import { LinesChart } from './lines-chart.js';
import { MissingEvaluations } from './missing-evaluations.js';
import { PartsTable } from './parts-table.js';
import { ScoreChart } from './score-chart.js';
import { lineStyle } from './version-colours.js';

/** Milliseconds between two checks whether evaluations have finished. */
const POLL_MS = 5000;

const models = { title: 'Models', path: '/models' };

/** Versions of a model side by side on one snapshot. The address has the versions and the snapshot. */
export function ComparePage() {
  const { name = '' } = useParams();
  const [search, setSearch] = useSearchParams();
  const choices = useQuery(comparisonChoicesQuery, {
    variables: { name },
    fetchPolicy: 'cache-and-network',
  });
  const versionIds = [...new Set((search.get('versions') ?? '').split(',').filter(Boolean))];
  const snapshotId = search.get('snapshot') ?? '';
  const choose = (ids: readonly string[], snapshot: string) =>
    setSearch({ ...(ids.length > 0 && { versions: ids.join(',') }), ...(snapshot && { snapshot }) });
  const input = { modelVersionIds: versionIds.slice(0, MOST_COMPARED), datasetSnapshotId: snapshotId };
  const loaded = choices.data ?? choices.previousData;
  return (
    <LoadedPage
      query={choices}
      item={loaded && (loaded.model === null ? null : loaded)}
      kind="Model"
      list={models}
    >
      {(shown) => (
        <Page
          title="Compare versions"
          above={[models, { title: name, path: `/models/${encodeURIComponent(name)}` }]}
        >
          <Stack spacing={2}>
            <ComparisonChoices
              choices={shown}
              versionIds={input.modelVersionIds}
              snapshotId={snapshotId}
              onVersions={(ids) => choose(ids, snapshotId)}
              onSnapshot={(id) => choose(versionIds, id)}
            />
            {versionIds.length < 2 || !snapshotId ? (
              <EmptyState title="Nothing to compare yet">
                {versionIds.length < 2 ? 'Choose at least two versions.' : 'Choose a snapshot.'}
              </EmptyState>
            ) : (
              <Comparison key={JSON.stringify(input)} input={input} />
            )}
          </Stack>
        </Page>
      )}
    </LoadedPage>
  );
}

function Comparison({ input }: { input: CompareVersionsInput }) {
  const query = useQuery(comparisonQuery, { variables: { input }, fetchPolicy: 'cache-and-network' });
  const comparison = query.data?.compareVersions;
  const isPending = comparison?.versions.some(({ pendingEvaluation }) => pendingEvaluation) ?? false;
  usePolling(isPending, query.refetch, POLL_MS);
  return (
    <Loaded query={query} content={comparison} rows={3} height={160}>
      {(shown) => <Compared comparison={shown} input={input} onStarted={() => void query.refetch()} />}
    </Loaded>
  );
}

interface ComparedProps {
  comparison: ComparisonQuery['compareVersions'];
  input: CompareVersionsInput;
  onStarted: () => void;
}

function Compared({ comparison, input, onStarted }: ComparedProps) {
  const { versions, cellTypes, excludedCount, imageCount, groupCount, datasetSnapshot } = comparison;
  const maySeeItems = useMay('see dataset items');
  const evaluated = versions.filter(({ figures }) => figures !== null);
  const positiveLabel = versions[0]?.modelVersion.positiveLabel ?? '';
  const lines = evaluated.map((version, index) => ({ version, style: lineStyle(index) }));
  return (
    <Stack spacing={2}>
      <MissingEvaluations input={input} versions={versions} onStarted={onStarted} />
      {evaluated.length > 0 && (
        <>
          <Section
            title="Figures"
            hint={`On ${datasetSnapshot.name} version ${datasetSnapshot.version} (${extentOf({ itemCount: imageCount, groupCount })}), with 95 % confidence intervals. Below each figure: the difference to the first version on the same patients and images, in bold if its interval does not include 0.`}
          >
            {excludedCount > 0 && (
              <Alert severity="warning" sx={{ mb: 1.5 }}>
                {count(excludedCount, 'image is', 'images are')} left out of all figures, because a compared
                version was trained or fitted on them.
              </Alert>
            )}
            <FiguresTable versions={evaluated} />
          </Section>
          <Section title="Curves">
            <Charts>
              <LinesChart
                title="ROC curve"
                xLabel="1 − specificity"
                yLabel="Sensitivity"
                lines={lines.map(({ version, style }) => ({
                  name: nameOf(version),
                  points: version.figures?.rocCurve ?? [],
                  style,
                }))}
              />
              <LinesChart
                title="Calibration (reliability curve)"
                xLabel={`Predicted probability of ${readable(positiveLabel)}`}
                yLabel={`Observed fraction of ${readable(positiveLabel)}`}
                marked
                lines={lines.map(({ version, style }) => ({
                  name: nameOf(version),
                  points: version.figures?.reliabilityCurve ?? [],
                  style,
                }))}
              />
            </Charts>
          </Section>
          <Section
            title="Score distributions"
            hint="The line is the threshold. Between the limits of the grey area, answers need review. The bars of each class are relative to its highest bar."
          >
            <Charts>
              {evaluated.map((version) => (
                <ScoreChart
                  key={version.modelVersion.id}
                  title={nameOf(version)}
                  bins={version.scoreDistribution}
                  positiveLabel={positiveLabel}
                  threshold={version.modelVersion.decisionThreshold}
                  band={version.modelVersion.abstentionBand}
                />
              ))}
            </Charts>
          </Section>
          <Section title="Predicted against actual labels">
            <Charts>
              {evaluated.map((version) => (
                <Box key={version.modelVersion.id} tabIndex={0} sx={{ minWidth: 0, overflowX: 'auto' }}>
                  <Typography color="textSecondary">{nameOf(version)}</Typography>
                  <ConfusionTable cells={version.figures?.confusionMatrix ?? []} />
                </Box>
              ))}
            </Charts>
          </Section>
          <Section
            title="By cell type"
            hint="The cell type is the folder that the images came from. The intervals treat the images as independent, so they are too narrow for images of few patients."
          >
            <PartsTable label="By cell type" part="Cell type" versions={evaluated} rows={cellTypes} />
          </Section>
        </>
      )}
      {evaluated.length > 1 && maySeeItems && <ChangedImages input={input} versions={evaluated} />}
    </Stack>
  );
}

function nameOf({ modelVersion }: ComparedVersionFragment): string {
  return `Version ${modelVersion.version}`;
}

function Charts({ children }: { children: ReactNode }) {
  return (
    <Box
      sx={{
        display: 'grid',
        gap: 3,
        gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 18rem), 1fr))',
      }}
    >
      {children}
    </Box>
  );
}
