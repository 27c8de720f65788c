import { TrainingParameters } from '../../server/features/training/parameters.js';
import { augmentationFor, channelOf, preprocessingFor } from './recipe.js';

it('frames the found cell, unless the parameters name a part of the picture', () => {
  const framed = preprocessingFor(TrainingParameters.parse({}));
  expect(framed.frame).toEqual({ kind: 'cell', micrometres: 20, diameters: 1.35 });
  expect(framed.crop).toBeUndefined();
  const cropped = preprocessingFor(TrainingParameters.parse({ crop: 0.75 }));
  expect(cropped.crop).toBe(0.75);
  expect(cropped.frame).toBeUndefined();
});

it('varies the scale of a framed cell less than that of a part of the picture', () => {
  const scaleOf = (parameters: object) => augmentationFor(TrainingParameters.parse(parameters))?.scale;
  expect(scaleOf({ crop: 0.75 })).toBeGreaterThan(scaleOf({}) ?? NaN);
  expect(augmentationFor(TrainingParameters.parse({ augmentation: false }))).toBeNull();
});

it('lets the first half of an ensemble see only red, and a single network all colours', () => {
  const channels = (members: number) =>
    Array.from({ length: members }, (_, index) => channelOf(index, { members }));
  expect(channels(1)).toEqual([undefined]);
  expect(channels(2)).toEqual(['red', undefined]);
  expect(channels(3)).toEqual(['red', undefined, undefined]);
  expect(channels(4)).toEqual(['red', 'red', undefined, undefined]);
});
