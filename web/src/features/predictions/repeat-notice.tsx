import { Alert, Link } from '@mui/material';
import { Link as RouterLink } from 'react-router';
import type { AnswerFragment } from '../../graphql/graphql.js';
import { useLinkState } from '../../ui/came-from.js';
import { DateTime } from '../../ui/date-time.js';

/** Says that the server has seen the image before, and warns if it belongs to another case there. Nothing for a new image. */
export function RepeatNotice({ prediction }: { prediction: AnswerFragment }) {
  const linkState = useLinkState();
  const { repeatOf, caseReference } = prediction;
  if (!repeatOf) return null;
  const isOfOtherCase = repeatOf.caseReference !== caseReference;
  return (
    <Alert severity={isOfOtherCase ? 'warning' : 'info'} sx={{ py: 0 }}>
      This image was sent before: it is the same as{' '}
      <Link component={RouterLink} to={`/predictions/${repeatOf.id}`} state={linkState} color="inherit">
        {repeatOf.fileName ?? 'a prediction'}
      </Link>{' '}
      of <DateTime iso={repeatOf.createdAt} />
      {isOfOtherCase &&
        (repeatOf.caseReference == null
          ? ', which belongs to no case'
          : `, which belongs to case ${repeatOf.caseReference}`)}
      . This version gave the same answer again, without classifying it a second time.
      {isOfOtherCase && ' Check which case the image belongs to.'}
    </Alert>
  );
}
