import { blankImages, misnamedFormats, tinyImages } from './check-image-quality.js';
import { measuredItem, snapshotOf } from './testing.js';

const good = measuredItem({ key: 'a/good.jpg', width: 48, height: 48 });

test('tiny images have a shorter side below 48 pixels', () => {
  const tiny = measuredItem({ key: 'a/tiny.jpg', width: 47, height: 300 });
  expect(tinyImages(snapshotOf([good]))).toEqual([]);
  expect(tinyImages(snapshotOf([good, tiny]))).toMatchObject([
    {
      check: 'tiny-image',
      severity: 'WARNING',
      count: 1,
      exampleKeys: ['a/tiny.jpg'],
      statistic: 47,
      threshold: 48,
    },
  ]);
});

test('blank images have low contrast', () => {
  const blank = measuredItem({ key: 'a/blank.jpg', measurements: { contrast: 9.9 } });
  const faint = measuredItem({ key: 'a/faint.jpg', measurements: { contrast: 10 } });
  expect(blankImages(snapshotOf([good, faint]))).toEqual([]);
  expect(blankImages(snapshotOf([good, blank]))).toMatchObject([
    { check: 'blank-image', severity: 'WARNING', count: 1, examples: ['a/blank.jpg'], statistic: 9.9 },
  ]);
});

test('a format is misnamed if extension and content disagree, ignoring case', () => {
  const right = ['a/1.JPG', 'a/2.jpeg'].map((key) => measuredItem({ key }));
  expect(misnamedFormats(snapshotOf(right))).toEqual([]);
  const wrong = measuredItem({ key: 'a/3.jpg', mediaType: 'image/png' });
  expect(misnamedFormats(snapshotOf([...right, wrong]))).toMatchObject([
    { check: 'misnamed-format', severity: 'INFO', count: 1, examples: ['a/3.jpg: image/png'] },
  ]);
});
