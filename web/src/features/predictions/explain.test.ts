import { contentWarningCodes, withheldBy } from '../../../../server/pixels/picture-content.js';
import type { AnswerFragment } from '../../graphql/graphql.js';
import { cellTypeText, explainOutcome, explainQuality } from './explain.js';

test('every warning about the content of a picture has a sentence', () => {
  for (const code of contentWarningCodes) expect(explainQuality(code)).not.toMatch(/^Image quality:/);
  expect(explainQuality('SEVERAL_CELLS')).toContain('Classify it as a field');
  expect(explainQuality('SOMETHING_NEW')).toBe('Image quality: something new.');
});

test('a named cell type is given in words with its probability, and an answer that it contradicts is explained', () => {
  const cellTypes = [
    { label: 'neutrophil_seg', probability: 0.93 },
    { label: 'blast', probability: 0.07 },
  ];
  expect(cellTypeText({ cellType: 'neutrophil_seg', cellTypes })).toBe(
    'Cell type: segmented neutrophil, 93.0 %',
  );
  expect(cellTypeText({ cellType: null, cellTypes })).toBeNull();
  const contradicted = { outcome: 'INDETERMINATE', qualityWarnings: ['CELL_TYPE_CONTRADICTS'] };
  const explained = { ...contradicted, modelVersion: { abstentionBand: [0.2, 0.8] } };
  expect(explainOutcome(explained as unknown as AnswerFragment)).toMatch(/two answers contradict each other/);
  expect(explainQuality('CELL_TYPE_CONTRADICTS')).not.toMatch(/^Image quality:/);
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
