import { useMutation } from '@apollo/client/react';
import {
  Button,
  FormControl,
  FormControlLabel,
  FormLabel,
  MenuItem,
  Radio,
  RadioGroup,
  Stack,
  TextField,
  Typography,
} from '@mui/material';
import { type SubmitEvent, useState } from 'react';
import { useViewer } from '../../session/viewer.js';
import type { CellType, PredictionReviewsFragment } from '../../graphql/graphql.js';
import { graphql } from '../../graphql/index.js';
import { readable } from '../../ui/format.js';
import { cellTypeLabels, verdictLabels } from '../../ui/labels.js';
import { Problem } from '../../ui/problem.js';
import { UserErrors } from '../../ui/user-errors.js';
import { answeredCellType, isCellType } from './answered-cell-type.js';

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

/** The verdicts that are chosen beside the labels. */
const otherVerdicts = ['NOT_A_CELL', 'CANNOT_TELL'] as const;

/** Confirms or corrects the model's label, or gives another verdict, with an optional cell type and comment. */
export function ReviewForm({ prediction, classes }: ReviewFormProps) {
  const [choice, setChoice] = useState(presentChoice(prediction));
  const [chosenType, setChosenType] = useState<string | null>(null);
  const [comment, setComment] = useState('');
  const [review, { data, error, loading }] = useMutation(reviewPredictionMutation, {
    onCompleted: ({ reviewPrediction }) => {
      if (!reviewPrediction.prediction) return;
      setChosenType(null);
      setComment('');
    },
  });
  const isCell = choice !== 'NOT_A_CELL';
  const viewer = useViewer();
  const savedType = ownTypeOf(prediction.reviews.at(-1), choice, viewer.id);
  const cellType = chosenType ?? savedType ?? '';
  // Only a button, so that a reviewer who confirms the label does not state the model's cell type without having chosen it.
  const modelType = choice === prediction.label ? answeredCellType(prediction.cellType) : null;
  const isRepeat = savedType !== null && (!isCell || cellType === savedType) && comment.trim() === '';

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const verdict = otherVerdicts.find((other) => other === choice);
    const input = {
      predictionId: prediction.id,
      ...(verdict ? { verdict, label: prediction.label } : { verdict: 'LABEL' as const, label: choice }),
      cellType: isCell && isCellType(cellType) ? cellType : null,
      comment: comment.trim() || null,
    };
    void review({ variables: { input } }).catch(() => undefined);
  };

  return (
    <Stack component="form" spacing={1.5} onSubmit={submit}>
      <FormControl>
        <FormLabel id="review-label">Correct label</FormLabel>
        <RadioGroup
          row
          aria-labelledby="review-label"
          value={choice}
          onChange={(event) => setChoice(event.target.value)}
        >
          {[...classes, ...otherVerdicts].map((value) => (
            <FormControlLabel
              key={value}
              value={value}
              control={<Radio size="small" slotProps={{ input: { required: true } }} />}
              label={nameOf(value)}
            />
          ))}
        </RadioGroup>
      </FormControl>
      {isCell && (
        <TextField
          select
          label="Cell type (optional)"
          value={cellType}
          onChange={(event) => setChosenType(event.target.value)}
          slotProps={{ select: { displayEmpty: true }, inputLabel: { shrink: true } }}
          helperText="The differential of the case counts the cell by this type, or else by its label."
        >
          <MenuItem value="">Not stated</MenuItem>
          {Object.entries(cellTypeLabels).map(([value, name]) => (
            <MenuItem key={value} value={value}>
              {name}
            </MenuItem>
          ))}
        </TextField>
      )}
      {isCell && modelType && cellType !== modelType && (
        <Stack direction="row" spacing={1} useFlexGap sx={{ flexWrap: 'wrap', alignItems: 'center' }}>
          <Typography variant="body2" color="textSecondary">
            Model’s cell type: {cellTypeLabels[modelType].toLowerCase()}
          </Typography>
          <Button size="small" onClick={() => setChosenType(modelType)}>
            Use this type
          </Button>
        </Stack>
      )}
      <TextField
        label="Comment (optional)"
        multiline
        maxRows={6}
        value={comment}
        onChange={(event) => setComment(event.target.value)}
      />
      <UserErrors errors={data?.reviewPrediction.userErrors} />
      {error && <Problem error={error} />}
      <Button
        type="submit"
        variant="contained"
        loading={loading}
        disabled={isRepeat}
        sx={{ alignSelf: 'flex-start' }}
      >
        {isRepeat ? 'Review saved' : buttonText(prediction, choice)}
      </Button>
    </Stack>
  );
}

/** What the newest review says. Without reviews, the model's label; nothing if the model gave none. */
function presentChoice({ outcome, finalLabel, finalVerdict }: PredictionReviewsFragment): string {
  if (finalVerdict && finalVerdict !== 'LABEL') return finalVerdict;
  return finalVerdict || outcome === 'CLASSIFIED' ? finalLabel : '';
}

/**
 * The cell type of the newest review if that is the viewer's own with this choice: the same again would add nothing. Empty if it states
 * no type. Null if it says something else, or is another user's.
 */
function ownTypeOf(
  newest: PredictionReviewsFragment['reviews'][number] | undefined,
  choice: string,
  viewerId: string,
): CellType | '' | null {
  if (newest?.reviewer.id !== viewerId) return null;
  return choice === (newest.verdict === 'LABEL' ? newest.label : newest.verdict)
    ? (newest.cellType ?? '')
    : null;
}

function nameOf(choice: string): string {
  const verdict = otherVerdicts.find((other) => other === choice);
  return verdict ? verdictLabels[verdict] : readable(choice);
}

function buttonText({ label, outcome }: PredictionReviewsFragment, choice: string): string {
  const isLabel = choice !== '' && !otherVerdicts.some((other) => other === choice);
  if (!isLabel || outcome !== 'CLASSIFIED') return 'Save review';
  return choice === label ? `Confirm ${readable(choice)}` : `Correct to ${readable(choice)}`;
}
