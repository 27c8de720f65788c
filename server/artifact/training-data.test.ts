import { createHash } from 'node:crypto';
import { TrainingData } from './manifest.js';
import { describeTrainingData, readTrainingData } from './training-data.js';

const image = (name: string, group: string | null = null) => ({
  imageSha256: createHash('sha256').update(name).digest('hex'),
  group,
});

it('knows each image and group that it was made from, and no other', () => {
  const images = Array.from({ length: 300 }, (_, index) =>
    image(`image ${index}`, index % 3 === 0 ? null : `patient ${index % 10}`),
  );
  const described = describeTrainingData(images);
  if (!described) throw new Error('Nothing was described.');
  expect(TrainingData.parse(described)).toEqual(described);
  const { hasImage, hasGroup } = readTrainingData(described);
  expect(images.every(({ imageSha256 }) => hasImage(imageSha256))).toBe(true);
  expect(
    Array.from({ length: 300 }, (_, index) => hasImage(image(`other ${index}`).imageSha256)),
  ).not.toContain(true);
  expect([hasGroup('patient 1'), hasGroup('patient 11'), hasGroup('')]).toEqual([true, false, false]);
});

it('depends neither on the order nor on repeated images', () => {
  const images = [image('a', 'anna'), image('b', 'bert'), image('c', null)];
  expect(describeTrainingData([...images, ...images].reverse())).toEqual(describeTrainingData(images));
});

it('lists at most 20,000 images, because every process reads the manifest', () => {
  const images = Array.from({ length: 20_000 }, (_, index) => ({
    imageSha256: index.toString(16).padStart(64, '0'),
    group: null,
  }));
  expect(describeTrainingData(images)).not.toBeNull();
  expect(describeTrainingData([...images, image('one more')])).toBeNull();
});
