import type { GalleryCell } from './gallery-queries.js';

/** A cell for tests, classified as blast with the probability 0.9. */
export function cellOf(id: string, changes: Partial<GalleryCell> = {}, probability = 0.9): GalleryCell {
  return {
    ...{ id, fileName: null, outcome: 'CLASSIFIED', label: 'blast', cellType: null, evidenceMapUrl: null },
    probabilities: [
      { label: 'normal', probability: 1 - probability },
      { label: 'blast', probability },
    ],
    ...{ cellImageUrl: null, field: null, image: { sha256: id, thumbnailUrl: '' } },
    modelVersion: versionOf(['normal', 'blast'], 'blast'),
    reviews: [],
    ...changes,
  };
}

export function versionOf(classes: string[], positiveLabel: string): GalleryCell['modelVersion'] {
  return { id: classes.join(), classes, positiveLabel, decisionThreshold: 0.5, abstentionBand: [0.3, 0.7] };
}

type Review = GalleryCell['reviews'][number];

export function reviewBy(id: string, changes: Partial<Review> = {}): Review {
  const reviewer = { id: 'user_1', displayName: 'Dr Lee' };
  return { id, verdict: 'LABEL', label: 'blast', cellType: null, reviewer, ...changes };
}
