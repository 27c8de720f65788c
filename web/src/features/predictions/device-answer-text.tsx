import { Typography } from '@mui/material';
import type { PredictionOutcome } from '../../graphql/graphql.js';
import { DateTime } from '../../ui/date-time.js';
import { percent, readable } from '../../ui/format.js';
import { outcomeLabels } from '../../ui/labels.js';

interface DeviceAnswerTextProps {
  answer: { outcome: PredictionOutcome; label: string; probability: number; answeredAt: string };
  /** Of the version that ran on the device. Null if it is not known. */
  version: { version: number; positiveLabel: string } | null;
}

/** What a device answered about an image before the upload. It does not count. */
export function DeviceAnswerText({ answer, version }: DeviceAnswerTextProps) {
  const { outcome, label, probability, answeredAt } = answer;
  const text = outcome === 'CLASSIFIED' ? readable(label) : outcomeLabels[outcome].toLowerCase();
  return (
    <Typography variant="body2">
      The device answered before the upload{version && `, with version ${version.version}`}:{' '}
      <strong>{text}</strong>
      {version && `, probability of ${readable(version.positiveLabel)} ${percent(probability)}`} (
      <DateTime iso={answeredAt} />
      ).
    </Typography>
  );
}
