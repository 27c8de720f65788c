import { contentWarningCodes, withheldBy } from '../../../../server/pixels/picture-content.js';
import type { AnswerFragment } from '../../graphql/graphql.js';
import { explainOutcome, explainQuality } from './explain.js';

test('every warning about the content of a picture has a sentence', () => {
  for (const code of contentWarningCodes) expect(explainQuality(code)).not.toMatch(/^Image quality:/);
  expect(explainQuality('SEVERAL_CELLS')).toContain('Classify it as a field');
  expect(explainQuality('SOMETHING_NEW')).toBe('Image quality: something new.');
});

test('an answer that is withheld for the content of the picture is not called too close', () => {
  const answer = (qualityWarnings: string[]) =>
    explainOutcome({
      outcome: 'INDETERMINATE',
      qualityWarnings,
      modelVersion: { abstentionBand: [0.2, 0.8] },
    } as unknown as AnswerFragment);
  expect(answer(['SCALE_UNKNOWN', 'BLURRED'])).toMatch(/^Too close to call/);
  for (const code of contentWarningCodes) {
    if (withheldBy([code])) expect(answer([code])).toMatch(/only classify a picture of one whole/);
  }
});
