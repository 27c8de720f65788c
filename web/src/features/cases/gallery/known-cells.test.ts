import type { GalleryCell } from './gallery-queries.js';
import { NO_CELLS, withChanges, withPage } from './known-cells.js';
import { cellOf, reviewBy } from './testing.js';

const reviewsIn = ({ byId }: typeof NO_CELLS, id: string) => byId.get(id)?.reviews.map((review) => review.id);
const changed = (cell: GalleryCell, withdrawnId: string | null = null) => ({
  ...{ predictionId: cell.id, cell, withdrawnId },
});

test('a page that was read before a review does not undo it', () => {
  const [before, after] = [cellOf('a'), cellOf('a', { reviews: [reviewBy('r1')] })];
  const known = withChanges(withPage(NO_CELLS, [before]), [changed(after)]);
  expect(reviewsIn(withPage(known, [before]), 'a')).toEqual(['r1']);
  // A change that was reported late, with the cell as it was before.
  expect(reviewsIn(withChanges(known, [changed(before)]), 'a')).toEqual(['r1']);
});

test('a page that was read after a review has it', () => {
  const known = withPage(NO_CELLS, [cellOf('a', { reviews: [reviewBy('r1')] })]);
  const both = cellOf('a', { reviews: [reviewBy('r1'), reviewBy('r2')] });
  expect(reviewsIn(withPage(known, [both]), 'a')).toEqual(['r1', 'r2']);
});

test('a withdrawn review is left out, and no older page brings it back', () => {
  const [with1, without1] = [cellOf('a', { reviews: [reviewBy('r1')] }), cellOf('a')];
  const known = withChanges(withPage(NO_CELLS, [with1]), [changed(without1, 'r1')]);
  expect(reviewsIn(known, 'a')).toEqual([]);
  expect(reviewsIn(withPage(known, [with1]), 'a')).toEqual([]);
  const again = cellOf('a', { reviews: [reviewBy('r2')] });
  expect(reviewsIn(withChanges(known, [changed(again)]), 'a')).toEqual(['r2']);
});

test('a cell that was moved away or erased does not come back with an older page, but when it is moved back', () => {
  const cell = cellOf('a');
  const known = withChanges(withPage(NO_CELLS, [cell]), [
    { predictionId: 'a', cell: null, withdrawnId: null },
  ]);
  expect([...withPage(known, [cell]).byId.keys()]).toEqual([]);
  expect([...withChanges(known, [changed(cell)]).byId.keys()]).toEqual(['a']);
});
