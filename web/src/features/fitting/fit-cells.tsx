import type { FitCellsFragment, FitExclusionReason } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { Facts } from '../../ui/facts.js';
import { count, readable } from '../../ui/format.js';

export const fitCellsFragment = graphql(`
  fragment FitCells on FitCells {
    cellCount
    positiveCount
    negativeCount
    patientCount
    withoutPatientCount
    relabelledCount
    excluded {
      reason
      count
    }
  }
`);

/** Why cells are left out, after their number. */
const reasons: Record<FitExclusionReason, string> = {
  CONFLICTING_LABELS: 'with different labels',
  NO_LABEL: 'without a label: not a cell, or the reviewer could not tell',
  OTHER_LABEL: 'with a label that the model does not have',
  CHOSEN_BY_PREDICTION: 'that were reviewed because of their prediction',
  SAME_CELL: 'that occur twice',
  TRAINING_IMAGE: 'that the version was trained with',
  TRAINING_PATIENT: 'of patients whose names are in the training data',
};

interface FitCellsProps {
  cells: FitCellsFragment;
  positiveLabel: string;
}

/** The numbers of cells and patients of a fit, and of the cells that are left out, by reason. */
export function FitCells({ cells, positiveLabel }: FitCellsProps) {
  const { patientCount, withoutPatientCount, relabelledCount, excluded } = cells;
  return (
    <Facts
      facts={[
        ['Cells', cells.cellCount.toLocaleString()],
        [readable(positiveLabel), cells.positiveCount.toLocaleString()],
        [`Not ${readable(positiveLabel)}`, cells.negativeCount.toLocaleString()],
        [
          'Patients',
          patientCount == null
            ? 'Unknown'
            : `${patientCount.toLocaleString()}${withoutPatientCount > 0 ? `, and ${count(withoutPatientCount, 'cell')} without a patient` : ''}`,
        ],
        ['Changed labels', relabelledCount > 0 ? count(relabelledCount, 'cell') : null],
        [
          'Left out',
          excluded.length > 0
            ? excluded.map(({ reason, count: left }) => (
                <div key={reason}>
                  {count(left, 'cell')} {reasons[reason]}
                </div>
              ))
            : null,
        ],
      ]}
    />
  );
}
