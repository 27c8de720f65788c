import { useMutation, useQuery } from '@apollo/client/react';
import { Autocomplete, Checkbox, FormControlLabel, MenuItem, TextField } from '@mui/material';
import { useState } from 'react';
import type { ScheduleDetailsFragment, SetTrainingScheduleInput } from '../../graphql/graphql.js';
import { FormDialog } from '../../ui/form-dialog.js';
import { Problem } from '../../ui/problem.js';
import { checkName } from '../datasets/check-name.js';
import { ParameterFields } from './parameter-fields.js';
import { readableCron } from './readable-cron.js';
import { setTrainingScheduleMutation, toInput } from './set-training-schedule.js';
import { trainingChoicesQuery } from './training-choices.js';
import { useWarnings } from './use-warnings.js';

interface ScheduleDialogProps {
  /** The schedule to edit. Null: create a new one. */
  schedule: ScheduleDetailsFragment | null;
  onClose: () => void;
}

const blank: SetTrainingScheduleInput = {
  modelName: '',
  datasetName: '',
  positiveLabel: '',
  cron: '30 3 * * 1',
  enabled: true,
};

/** Creates or edits a schedule. There is one schedule for each model and dataset, so these two fields cannot be edited. */
export function ScheduleDialog({ schedule, onClose }: ScheduleDialogProps) {
  const [input, setInput] = useState(schedule ? toInput(schedule) : blank);
  const change = (part: Partial<SetTrainingScheduleInput>) => setInput((before) => ({ ...before, ...part }));
  const { data: choices, error: choicesError } = useQuery(trainingChoicesQuery, {
    fetchPolicy: 'cache-and-network',
  });
  const snapshots = choices?.datasetSnapshots.edges.map(({ node }) => node) ?? [];
  // Includes the current dataset while the list is still loading.
  const datasetNames = [...new Set([input.datasetName, ...snapshots.map(({ name }) => name)])].filter(
    Boolean,
  );
  const newest = snapshots.find(({ name, status }) => name === input.datasetName && status === 'READY');
  const warnings = useWarnings(newest?.id).checks ?? [];
  const [set, mutation] = useMutation(setTrainingScheduleMutation, {
    onCompleted: ({ setTrainingSchedule }) => {
      if (setTrainingSchedule.schedule) onClose();
    },
  });

  const submit = () => {
    const trimmed = { ...input, modelName: input.modelName.trim(), cron: input.cron.trim() };
    void set({ variables: { input: trimmed } }).catch(() => undefined);
  };

  return (
    <FormDialog
      title={schedule ? `Schedule of ${schedule.modelName} on ${schedule.datasetName}` : 'New schedule'}
      action="Save"

      mutation={mutation}
      userErrors={mutation.data?.setTrainingSchedule.userErrors}
      onSubmit={submit}
      onClose={onClose}
    >
      {choicesError && <Problem error={choicesError} />}
      <Autocomplete
        freeSolo
        disabled={schedule !== null}
        options={choices?.models.map(({ name }) => name) ?? []}
        value={input.modelName}
        inputValue={input.modelName}
        onInputChange={(_, modelName) => change({ modelName })}
        renderInput={(props) => (
          <TextField
            {...props}
            label="Model"
            required
            helperText="An existing name adds a version to that model. A new name creates a model."
          />
        )}
      />
      <TextField
        select
        label="Dataset"
        required
        disabled={schedule !== null}
        helperText="Each run first reads the source of the latest snapshot again, as its next version."
        value={input.datasetName}
        onChange={(event) => change({ datasetName: event.target.value, positiveLabel: '' })}
      >
        {datasetNames.map((name) => (
          <MenuItem key={name} value={name}>
            {name}
          </MenuItem>
        ))}
      </TextField>
      <Autocomplete
        freeSolo
        options={newest?.labelCounts.map(({ label }) => label) ?? []}
        value={input.positiveLabel}
        inputValue={input.positiveLabel}
        onInputChange={(_, positiveLabel) => change({ positiveLabel })}
        renderInput={(props) => <TextField {...props} label="Positive class" required />}
      />
      <TextField
        label="Time (cron expression, UTC)"
        required
        value={input.cron}
        onChange={(event) => change({ cron: event.target.value })}
        helperText={
          readableCron(input.cron) ??
          'Minute, hour, day of month, month, day of week. Example: 30 3 * * 1 means every Monday at 03:30 UTC.'
        }
      />
      <Autocomplete
        multiple
        freeSolo
        options={warnings.map(({ check }) => check)}
        value={input.acknowledgedFindings ?? []}
        onChange={(_, acknowledgedFindings) => change({ acknowledgedFindings })}
        getOptionLabel={checkName}
        renderInput={(props) => (
          <TextField
            {...props}
            label="Acknowledged warnings (optional)"
            helperText="If the new data has any other warning, no model is trained."
          />
        )}
      />
      <ParameterFields
        parameters={input.parameters ?? []}
        onChange={(parameters) => change({ parameters })}
      />
      <FormControlLabel
        control={
          <Checkbox checked={input.enabled} onChange={(event) => change({ enabled: event.target.checked })} />
        }
        label="Enabled"
      />
    </FormDialog>
  );
}
