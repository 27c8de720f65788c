import { colourEvidence } from '../../../../server/pixels/colour-evidence.js';
import { evidencePlaces } from './evidence-place.js';

function placesOf(values: number[]) {
  return evidencePlaces(colourEvidence({ width: 3, height: 3, values: Float32Array.from(values) }), 3, 3);
}

test('the text of an evidence map names the part of the picture with the most evidence in each direction', () => {
  const { raises, lowers } = placesOf([-1, 0, 0, 0, 4, 0, 0, 1, 0]);
  expect([raises?.place, lowers?.place]).toEqual(['centre', 'upper left']);
  expect(raises?.share).toBeCloseTo(5 / 6);
  expect(raises?.shareInPlace).toBeCloseTo(0.8);
  expect(lowers?.share).toBeCloseTo(1 / 6);
  expect(lowers?.shareInPlace).toBe(1);
});

test('a map without evidence in one direction, or without any, has no place for it', () => {
  expect(placesOf([0, 0, 0, 0, 0, 2, 0, 0, 0])).toMatchObject({
    raises: { place: 'right middle', share: 1 },
    lowers: null,
  });
  expect(placesOf([0, 0, 0, 0, 0, 0, 0, 0, 0])).toEqual({ raises: null, lowers: null });
});
