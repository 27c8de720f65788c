import { useMutation, useQuery } from '@apollo/client/react';
import { Alert, Box, Button, FormControlLabel, Link, Stack, Switch, Typography } from '@mui/material';
import { useState } from 'react';
import { Link as RouterLink } from 'react-router';
import { useMay } from '../../session/viewer.js';
import type { ScheduleDetailsFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Code } from '../../ui/code.js';
import { Facts } from '../../ui/facts.js';
import { DateTime } from '../../ui/date-time.js';
import { readable } from '../../ui/format.js';
import { AddIcon } from '../../ui/icons.js';
import { LoadedList } from '../../ui/loaded-list.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';
import { UserErrors } from '../../ui/user-errors.js';
import { usePolling } from '../../ui/use-polling.js';
import { checkName } from '../datasets/check-name.js';
import { readableCron } from './readable-cron.js';
import { ScheduleDialog } from './schedule-dialog.js';
import { setTrainingScheduleMutation, toInput } from './set-training-schedule.js';

const schedulesQuery = graphql(`
  query TrainingSchedules {
    trainingSchedules {
      ...ScheduleDetails
    }
  }
`);

const EVERY_MS = 15_000;

/** The training schedules with their last results, and the dialog that edits them. */
export function Schedules() {
  const mayTrain = useMay('train');
  const query = useQuery(schedulesQuery, { fetchPolicy: 'cache-and-network' });
  const [edited, setEdited] = useState<ScheduleDetailsFragment | 'new' | null>(null);
  const schedules = query.data?.trainingSchedules;
  usePolling(schedules?.some(({ enabled }) => enabled) ?? false, query.refetch, EVERY_MS);
  return (
    <Section
      title="Schedules"
      hint="A schedule reads the data again, validates it and trains a new version. It never promotes a version."
      actions={
        mayTrain && (
          <Button startIcon={<AddIcon />} onClick={() => setEdited('new')}>
            New schedule
          </Button>
        )
      }
    >
      <LoadedList
        query={query}
        items={schedules}
        rows={1}
        empty={<Typography color="textSecondary">No schedules yet.</Typography>}
      >
        {(schedule) => (
          <Schedule
            key={schedule.id}
            schedule={schedule}
            onEdit={mayTrain ? () => setEdited(schedule) : null}
          />
        )}
      </LoadedList>
      {edited && (
        <ScheduleDialog
          schedule={edited === 'new' ? null : edited}
          onClose={() => {
            setEdited(null);
            void query.refetch();
          }}
        />
      )}
    </Section>
  );
}

interface ScheduleProps {
  schedule: ScheduleDetailsFragment;
  /** Null if the user may only read. */
  onEdit: (() => void) | null;
}

function Schedule({ schedule, onEdit }: ScheduleProps) {
  const { modelName, datasetName, cron, enabled, nextRunAt, lastTickAt, lastOutcome, lastRun } = schedule;
  const [set, { data, error, loading }] = useMutation(setTrainingScheduleMutation);
  const name = `${modelName} on ${datasetName}`;
  return (
    <Box component="li" aria-label={name} sx={{ borderTop: 1, borderColor: 'divider', pt: 1.5 }}>
      <Stack direction="row" sx={{ alignItems: 'center', mb: 0.5 }}>
        <Typography variant="h3" sx={{ overflowWrap: 'anywhere', flex: 1 }}>
          {name}
        </Typography>
        <FormControlLabel
          control={
            <Switch
              size="small"
              checked={enabled}
              disabled={onEdit === null || loading}
              onChange={(event) => {
                const input = { ...toInput(schedule), enabled: event.target.checked };
                void set({ variables: { input } }).catch(() => undefined);
              }}
              slotProps={{ input: { 'aria-label': `Schedule of ${name}` } }}
            />
          }
          label={enabled ? 'Enabled' : 'Disabled'}
        />
        {onEdit && (
          <Button size="small" variant="outlined" onClick={onEdit}>
            Edit
          </Button>
        )}
      </Stack>
      <Facts
        facts={[
          [
            'Time',
            <span key="when">
              {readableCron(cron)} <Code>{cron}</Code>
              {readableCron(cron) === null && ' (UTC)'}
            </span>,
          ],
          ['Positive class', readable(schedule.positiveLabel)],
          ['Next run', nextRunAt ? <DateTime key="next" iso={nextRunAt} /> : 'None (disabled)'],
          [
            'Acknowledged warnings',
            schedule.acknowledgedFindings.length > 0
              ? schedule.acknowledgedFindings.map(checkName).join(', ')
              : null,
          ],
          ['Last run', lastTickAt ? <DateTime key="last" iso={lastTickAt} /> : 'Not run yet'],
          [
            'Last training run',
            lastRun && (
              <Link key="run" component={RouterLink} to={`/training/${lastRun.id}`}>
                {lastRun.id}
              </Link>
            ),
          ],
        ]}
      />
      {lastOutcome && (
        <Alert severity="info" icon={false} sx={{ mt: 1, overflowWrap: 'anywhere' }}>
          {lastOutcome}
        </Alert>
      )}
      <UserErrors errors={data?.setTrainingSchedule.userErrors} />
      {error && <Problem error={error} />}
    </Box>
  );
}
