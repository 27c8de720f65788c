import { Box, Stack, Typography } from '@mui/material';
import { useMay } from '../../session/viewer.js';
import type { PredictionReviewsFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { DateTime } from '../../ui/date-time.js';
import { readable } from '../../ui/format.js';
import { CheckIcon, EditIcon } from '../../ui/icons.js';
import { Section } from '../../ui/section.js';
import { ReviewForm } from './review-form.js';

export const predictionReviewsFragment = graphql(`
  fragment PredictionReviews on Prediction {
    id
    label
    outcome
    finalLabel
    reviews {
      id
      createdAt
      label
      comment
      agreesWithModel
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
    <Section
      title="Reviews"
      hint={
        reviews.length > 0
          ? `Final label: ${readable(prediction.finalLabel)} (from the latest review).`
          : 'This prediction has not been reviewed yet.'
      }
    >
      <Stack spacing={2}>
        {reviews.length > 0 && (
          <Stack component="ol" spacing={1} sx={{ listStyle: 'none', p: 0, m: 0 }}>
            {reviews.map((review) => (
              <Stack key={review.id} component="li" direction="row" spacing={1.25}>
                {review.agreesWithModel ? (
                  <CheckIcon color="success" fontSize="small" />
                ) : (
                  <EditIcon color="warning" fontSize="small" />
                )}
                <Box sx={{ minWidth: 0 }}>
                  <Typography variant="body2">
                    <strong>{review.reviewer.displayName}</strong>{' '}
                    {review.agreesWithModel ? 'confirmed' : 'corrected to'}{' '}
                    <strong>{readable(review.label)}</strong>
                    <Typography component="span" variant="caption" color="textSecondary" sx={{ ml: 1 }}>
                      <DateTime iso={review.createdAt} />
                    </Typography>
                  </Typography>
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
