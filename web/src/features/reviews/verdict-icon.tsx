import type { ReviewVerdict } from '../../graphql/graphql.js';
import { CheckIcon, CloseIcon, EditIcon, QuestionIcon } from '../../ui/icons.js';

interface VerdictIconProps {
  review: { verdict: ReviewVerdict; agreesWithModel: boolean };
}

/** A sign for the verdict of a review, next to text that says the same. */
export function VerdictIcon({ review: { verdict, agreesWithModel } }: VerdictIconProps) {
  if (verdict === 'NOT_A_CELL') return <CloseIcon color="action" fontSize="small" />;
  if (verdict === 'CANNOT_TELL') return <QuestionIcon color="action" fontSize="small" />;
  return agreesWithModel ? (
    <CheckIcon color="success" fontSize="small" />
  ) : (
    <EditIcon color="warning" fontSize="small" />
  );
}
