import { Box, Stack, Typography } from '@mui/material';
import { useMay } from '../../session/viewer.js';
import type { PredictionReviewsFragment, ReviewOrigin } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { readable } from '../../ui/format.js';
import { cellTypeLabels } from '../../ui/labels.js';
import { Section } from '../../ui/section.js';
import { ReviewForm } from './review-form.js';
import { VerdictIcon } from './verdict-icon.js';

export const predictionReviewsFragment = graphql(`
  fragment PredictionReviews on Prediction {
    id
    label
    outcome
    cellType
    finalLabel
    finalVerdict
    reviews {
      id
      createdAt
      verdict
      label
      cellType
      comment
      agreesWithModel
      blind
      origin
      reviewer {
        id
        displayName
      }
    }
  }
`);

interface ReviewsProps {
  prediction: PredictionReviewsFragment;
  /** The labels a reviewer can give. */
  classes: readonly string[];
}

/** The reviews of a prediction, newest first, and the form to add one. Reviews are never changed or deleted. */
export function Reviews({ prediction, classes }: ReviewsProps) {
  const mayReview = useMay('review');
  const seesComments = useMay('see images');
  const reviews = prediction.reviews.toReversed();
  return (
    <Section title="Reviews" hint={finalLabelText(prediction)}>
      <Stack spacing={2}>
        {reviews.length > 0 && (
          <Stack component="ol" spacing={1} sx={{ listStyle: 'none', p: 0, m: 0 }}>
            {reviews.map((review) => (
              <Stack key={review.id} component="li" direction="row" spacing={1.25}>
                <VerdictIcon review={review} />
                <Box sx={{ minWidth: 0 }}>
                  <Typography variant="body2">
                    <strong>{review.reviewer.displayName}</strong> <VerdictText review={review} />
                    <Typography component="span" variant="caption" color="textSecondary" sx={{ ml: 1 }}>
                      <DateTime iso={review.createdAt} />
                    </Typography>
                  </Typography>
                  {circumstancesOf(review) && (
                    <Typography variant="caption" color="textSecondary" sx={{ display: 'block' }}>
                      {circumstancesOf(review)}
                    </Typography>
                  )}
                  {review.comment && (
                    <Typography variant="body2" sx={{ overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}>
                      {review.comment}
                    </Typography>
                  )}
                </Box>
              </Stack>
            ))}
          </Stack>
        )}
        {!seesComments && reviews.length > 0 && (
          <Typography variant="body2" color="textSecondary">
            Your role does not show the comments of reviewers.
          </Typography>
        )}
        {mayReview && <ReviewForm prediction={prediction} classes={classes} />}
      </Stack>
    </Section>
  );
}

type Review = PredictionReviewsFragment['reviews'][number];

/** 'confirmed blast, myeloblast', after the name of the reviewer. */
function VerdictText({ review: { verdict, agreesWithModel, label, cellType } }: { review: Review }) {
  const type = cellType && `, cell type: ${cellTypeLabels[cellType].toLowerCase()}`;
  if (verdict === 'NOT_A_CELL') {
    return (
      <>
        said that this is <strong>not a cell</strong>
      </>
    );
  }
  if (verdict === 'CANNOT_TELL') {
    return (
      <>
        <strong>could not tell</strong> the label{type}
      </>
    );
  }
  return (
    <>
      {agreesWithModel ? 'confirmed' : 'corrected to'} <strong>{readable(label)}</strong>
      {type}
    </>
  );
}

const originTexts: Record<ReviewOrigin, string | null> = {
  RANDOM_SAMPLE: 'From a random sample',
  WHOLE_SET: 'From a review of a whole set',
  WORKLIST: 'From a worklist',
  CORRECTION: null,
};

/** How the review came about, unless the reviewer chose the prediction and had seen the result, as on this page. */
function circumstancesOf({ blind, origin }: Review): string {
  return [originTexts[origin], blind ? 'Without having seen the model’s result' : null]
    .filter(Boolean)
    .join('. ');
}

function finalLabelText({ finalLabel, reviews }: PredictionReviewsFragment): string {
  if (reviews.length === 0) return 'This prediction has not been reviewed yet.';
  return reviews.some(({ verdict }) => verdict === 'LABEL')
    ? `Final label: ${readable(finalLabel)} (the latest label of a reviewer).`
    : 'No reviewer has given a label.';
}
