import { useMutation } from '@apollo/client/react';
import { TextField } from '@mui/material';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { graphql } from '../../graphql/index.js';
import { FormDialog } from '../../ui/form-dialog.js';
import { PairFields } from '../../ui/pair-fields.js';
import { SourceField } from '../../ui/source-field.js';

const createSnapshotMutation = graphql(`
  mutation CreateDatasetSnapshot($input: CreateDatasetSnapshotInput!) {
    createDatasetSnapshot(input: $input) {
      datasetSnapshot {
        ...SnapshotCard
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface ClassMapping {
  folder: string;
  label: string;
}

/** The fields of the form for a new snapshot. */
export interface NewSnapshot {
  name: string;
  source: string;
  groupsCsv: string;
  classes: readonly ClassMapping[];
}

const EMPTY: NewSnapshot = { name: '', source: '', groupsCsv: '', classes: [] };

interface CreateSnapshotDialogProps {
  /** The initial values of the fields. Default: empty. */
  initial?: NewSnapshot;
  onClose: () => void;
}

/** Starts the ingestion of a snapshot, then opens its page. */
export function CreateSnapshotDialog({ initial = EMPTY, onClose }: CreateSnapshotDialogProps) {
  const navigate = useNavigate();
  const [name, setName] = useState(initial.name);
  const [source, setSource] = useState(initial.source);
  const [groupsCsv, setGroupsCsv] = useState(initial.groupsCsv);
  const [classes, setClasses] = useState<ClassMapping[]>(
    initial.classes.map(({ folder, label }) => ({ folder, label })),
  );
  const [create, mutation] = useMutation(createSnapshotMutation, {
    onCompleted: ({ createDatasetSnapshot }) => {
      const { datasetSnapshot } = createDatasetSnapshot;
      if (!datasetSnapshot) return;
      onClose();
      void navigate(`/datasets/${datasetSnapshot.id}`);
    },
  });

  const submit = () => {
    const input = {
      name: name.trim(),
      source: source.trim(),
      groupsCsv: groupsCsv.trim() || undefined,
      classes: classes.length > 0 ? classes : undefined,
    };
    void create({ variables: { input } }).catch(() => undefined);
  };

  return (
    <FormDialog
      title="New dataset snapshot"
      action="Create"

      mutation={mutation}
      userErrors={mutation.data?.createDatasetSnapshot.userErrors}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label="Name"
        required
        autoFocus
        helperText="An existing name adds a version to that dataset."
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <SourceField value={source} onChange={setSource} />
      <TextField
        label="Groups CSV (optional)"
        placeholder="metadata.csv"
        helperText="A file inside the source with the columns file, patient and optionally split. It keeps the images of a patient in one split."
        value={groupsCsv}
        onChange={(event) => setGroupsCsv(event.target.value)}
      />
      <ClassMappings classes={classes} onChange={setClasses} />
    </FormDialog>
  );
}

interface ClassMappingsProps {
  classes: ClassMapping[];
  onChange: (classes: ClassMapping[]) => void;
}

/** The subfolders to read and their labels. Several folders can have the same label. */
function ClassMappings({ classes, onChange }: ClassMappingsProps) {
  return (
    <PairFields
      name="Classes"
      labels={['Folder', 'Label']}
      hint={
        classes.length === 0
          ? 'Classes: every subfolder is a class with the name of the folder.'
          : 'Classes: only these subfolders are read. Several folders can have the same label.'
      }
      add="Choose folders and labels"
      pairs={classes.map(({ folder, label }) => [folder, label])}
      onChange={(pairs) => onChange(pairs.map(([folder, label]) => ({ folder, label })))}
    />
  );
}
