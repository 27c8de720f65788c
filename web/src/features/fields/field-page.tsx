import { useMutation, useQuery } from '@apollo/client/react';
import { Box, Link, Stack, Typography } from '@mui/material';
import { useState } from 'react';
import { type Location, Link as RouterLink, useLocation, useParams, useSearchParams } from 'react-router';
import { useCameFrom } from '../../ui/came-from.js';
import type { FieldWithCellsFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { useMay } from '../../session/viewer.js';
import { Code } from '../../ui/code.js';
import { DateTime } from '../../ui/date-time.js';
import { EmptyState } from '../../ui/empty-state.js';
import { Facts } from '../../ui/facts.js';
import { count, decimal } from '../../ui/format.js';
import { LoadedPage } from '../../ui/loaded-page.js';
import { Page } from '../../ui/page.js';
import { Problem } from '../../ui/problem.js';
import { Section } from '../../ui/section.js';
import { UserErrors } from '../../ui/user-errors.js';
import { CaseLink } from '../cases/case-link.js';
import { NotAMedicalDevice } from '../../ui/not-a-medical-device.js';
import { CellStrip } from './cell-strip.js';
import { FieldPicture } from './field-picture.js';
import { FieldSummary } from './field-summary.js';
import { outcomeWord } from './field-words.js';
import { SelectedCell } from './selected-cell.js';
import type { Point } from './view.js';

const fieldPageQuery = graphql(`
  query FieldPage($id: ID!) {
    field(id: $id) {
      ...FieldWithCells
    }
  }
`);

const addFieldCellMutation = graphql(`
  mutation AddFieldCell($input: AddFieldCellInput!) {
    addFieldCell(input: $input) {
      prediction {
        ...FieldCell
      }
      field {
        ...FieldWithCells
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const history = { title: 'History', path: '/predictions' };
const fields = { title: 'Fields', path: '/fields' };

/** A picture with several cells: the picture with a box around each cell, the cells in a row, and the selected cell. */
export function FieldPage() {
  const { id = '' } = useParams();
  const query = useQuery(fieldPageQuery, { variables: { id }, fetchPolicy: 'cache-and-network' });
  return (
    <LoadedPage query={query} item={query.data?.field} kind="Field" list={fields}>
      {(field) => <StoredField field={field} />}
    </LoadedPage>
  );
}

function StoredField({ field }: { field: FieldWithCellsFragment }) {
  const { predictions: cells } = field;
  const [search, setSearch] = useSearchParams();
  const location: Location<unknown> = useLocation();
  const selected = Math.max(
    0,
    cells.findIndex(({ id }) => id === search.get('cell')),
  );
  const cell = cells[selected];
  const from = useCameFrom(fields);
  const above = from.path.startsWith(fields.path) ? [history, from] : [from];
  const select = (id: string) =>
    setSearch({ cell: id }, { replace: true, preventScrollReset: true, state: location.state });
  return (
    <Page
      title={field.fileName ?? field.id}
      above={above}
      subtitle={
        <>
          Field with {count(cells.length, 'cell')} · <DateTime iso={field.createdAt} />
        </>
      }
    >
      <Box
        sx={{
          display: 'grid',
          gap: 2,
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'minmax(0, 7fr) minmax(0, 5fr)' },
          alignItems: 'start',
        }}
      >
        <Stack spacing={2}>
          <Picture field={field} selectedId={cell?.id ?? null} onSelect={select} />
          {cells.length > 0 && (
            <Section title="Cells">
              <CellStrip
                cells={cells}
                positiveLabel={field.modelVersion.positiveLabel}
                selectedId={cell?.id ?? null}
                onSelect={select}
              />
            </Section>
          )}
        </Stack>
        <Stack spacing={2}>
          {cell ? (
            <SelectedCell
              id={cell.id}
              number={selected + 1}
              count={cells.length}
              onNumber={(number) => {
                const next = cells[number - 1];
                if (next) select(next.id);
              }}
            />
          ) : (
            <EmptyState title="No cell was classified">
              No whole white blood cell was found in this picture. If you see one, add it with the button
              “There is a cell here”.
            </EmptyState>
          )}
          <Origin field={field} />
        </Stack>
      </Box>
    </Page>
  );
}

interface PictureProps {
  field: FieldWithCellsFragment;
  selectedId: string | null;
  onSelect: (id: string) => void;
}

function Picture({ field, selectedId, onSelect }: PictureProps) {
  const seesImages = useMay('see images');
  const mayClassify = useMay('classify');
  const [message, setMessage] = useState('');
  const [addCell, { data, error, loading }] = useMutation(addFieldCellMutation, {
    onCompleted: ({ addFieldCell: { prediction, field } }) => {
      if (!prediction) return;
      const number = field?.predictions.findIndex(({ id }) => id === prediction.id) ?? -1;
      setMessage(`Cell ${number + 1} was added: ${outcomeWord(prediction)}`);
      onSelect(prediction.id);
    },
  });
  const add = ({ x, y }: Point) => {
    if (loading) return;
    setMessage('');
    void addCell({ variables: { input: { fieldId: field.id, x, y } } }).catch(() => undefined);
  };
  const select = (id: string) => {
    setMessage('');
    onSelect(id);
  };
  return (
    <Section title="Picture">
      <Stack spacing={1.5}>
        {seesImages ? (
          <FieldPicture
            field={field}
            selectedId={selectedId}
            onSelect={select}
            onAdd={mayClassify ? add : null}
            message={loading ? 'Classifying the cell' : message}
          />
        ) : (
          <Typography variant="body2" color="textSecondary">
            Your role does not show patients’ images, case references and file names.
          </Typography>
        )}
        <UserErrors errors={data?.addFieldCell.userErrors} />
        {error && <Problem error={error} />}
        <FieldSummary field={field} />
        <NotAMedicalDevice />
      </Stack>
    </Section>
  );
}

function Origin({ field }: { field: FieldWithCellsFragment }) {
  const { modelVersion, image, scale } = field;
  return (
    <Section title="Provenance">
      <Facts
        facts={[
          [
            'Model version',
            <Link key="version" component={RouterLink} to={`/model-versions/${modelVersion.id}`}>
              {modelVersion.model.name} version {modelVersion.version}
            </Link>,
          ],
          ['Case', field.case && <CaseLink key="case" of={field.case} reference={field.caseReference} />],
          ['Site', field.site?.name],
          ['Classified by', field.createdBy?.displayName],
          ['Image', `${image.width} × ${image.height} pixels`],
          [
            'Scale',
            scale
              ? `Red blood cells are ${decimal(scale.redCellDiameter, 1)} ± ${decimal(scale.uncertainty, 1)} pixels wide (median of ${count(scale.redCells, 'cell')} and its standard error)`
              : 'Unknown: no red blood cell could be measured',
          ],
          ['Image SHA-256', <Code key="sha256">{image.sha256}</Code>],
          ['Field ID', <Code key="id">{field.id}</Code>],
        ]}
      />
    </Section>
  );
}
