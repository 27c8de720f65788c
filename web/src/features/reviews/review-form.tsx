import { useMutation } from '@apollo/client/react';
import {
  Button,
  FormControl,
  FormControlLabel,
  FormLabel,
  Radio,
  RadioGroup,
  Stack,
  TextField,
} from '@mui/material';
import { type SubmitEvent, useState } from 'react';
import type { PredictionReviewsFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { readable } from '../../ui/format.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';

const reviewPredictionMutation = graphql(`
  mutation ReviewPrediction($input: ReviewPredictionInput!) {
    reviewPrediction(input: $input) {
      prediction {
        ...PredictionReviews
      }
      userErrors {
        code
        message
      }
    }
  }
`);

interface ReviewFormProps {
  prediction: PredictionReviewsFragment;
  classes: readonly string[];
}

/** Confirms or corrects the model's label, with an optional comment. */
export function ReviewForm({ prediction, classes }: ReviewFormProps) {
  // If the model gave no label, no label is preselected.
  const [label, setLabel] = useState(
    prediction.outcome === 'CLASSIFIED' || prediction.reviews.length > 0 ? prediction.finalLabel : '',
  );
  const [comment, setComment] = useState('');
  const [review, { data, error, loading }] = useMutation(reviewPredictionMutation, {
    onCompleted: ({ reviewPrediction }) => {
      if (reviewPrediction.prediction) setComment('');
    },
  });

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const input = { predictionId: prediction.id, label, comment: comment.trim() || null };
    void review({ variables: { input } }).catch(() => undefined);
  };

  return (
    <Stack component="form" spacing={1.5} onSubmit={submit}>
      <FormControl>
        <FormLabel id="review-label">Correct label</FormLabel>
        <RadioGroup
          row
          aria-labelledby="review-label"
          value={label}
          onChange={(event) => setLabel(event.target.value)}
        >
          {classes.map((name) => (
            <FormControlLabel
              key={name}
              value={name}
              control={<Radio size="small" slotProps={{ input: { required: true } }} />}
              label={readable(name)}
            />
          ))}
        </RadioGroup>
      </FormControl>
      <TextField
        label="Comment (optional)"
        multiline
        maxRows={6}
        value={comment}
        onChange={(event) => setComment(event.target.value)}
      />
      <UserErrors errors={data?.reviewPrediction.userErrors} />
      {error && <Problem error={error} />}
      <Button type="submit" variant="contained" loading={loading} sx={{ alignSelf: 'flex-start' }}>
        {buttonText(prediction, label)}
      </Button>
    </Stack>
  );
}

function buttonText({ label: offered, outcome }: PredictionReviewsFragment, label: string): string {
  if (label === '' || outcome !== 'CLASSIFIED') return 'Save review';
  return label === offered ? `Confirm ${readable(label)}` : `Correct to ${readable(label)}`;
}
