import { nearDuplicateImages } from './check-near-duplicates.js';
import { measuredItem, snapshotOf } from './testing.js';

const hash = (digit: string) => `0${digit.repeat(63)}`;
const alike = { perceptualHash: hash('5') };
const found = async (...items: ReturnType<typeof measuredItem>[]) =>
  (await nearDuplicateImages(snapshotOf(items), async () => {})).map(({ check, severity, examples }) => [
    check,
    severity,
    examples,
  ]);

test('reports near-duplicates within a label and across labels, splits and groups', async () => {
  const one = measuredItem({ key: 'a/1.jpg', group: 'P1', split: 'train', measurements: alike });
  const two = { key: 'a/2.jpg', group: 'P1', split: 'train', measurements: alike };
  const other = measuredItem({ key: 'a/3.jpg', measurements: { perceptualHash: hash('3') } });
  expect(await found(one, other)).toEqual([]);
  expect(await found(one, measuredItem(two), other)).toEqual([
    ['near-duplicate-image', 'INFO', ['a/1.jpg ≈ a/2.jpg']],
  ]);
  expect(await found(one, measuredItem({ ...two, label: 'b' }))).toEqual([
    ['near-duplicate-in-several-labels', 'WARNING', ['a/1.jpg ≈ a/2.jpg']],
  ]);
  expect(await found(one, measuredItem({ ...two, split: 'test' }))).toEqual([
    ['near-duplicate-in-several-splits', 'WARNING', ['a/1.jpg ≈ a/2.jpg']],
  ]);
  expect(await found(one, measuredItem({ ...two, group: 'P2' }))).toEqual([
    ['near-duplicate-in-several-groups', 'WARNING', ['a/1.jpg ≈ a/2.jpg']],
  ]);
  expect(await found(one, measuredItem({ ...two, group: null, split: null }))).toEqual([
    ['near-duplicate-image', 'INFO', ['a/1.jpg ≈ a/2.jpg']],
  ]);
});

test('ignores identical bytes and blank images, which other checks report', async () => {
  const one = measuredItem({ key: 'a/1.jpg', sha256: 'x', measurements: alike });
  expect(await found(one, measuredItem({ key: 'b/1.jpg', sha256: 'x', measurements: alike }))).toEqual([]);
  expect(await found(one, measuredItem({ key: 'b/2.jpg', measurements: { ...alike, contrast: 1 } }))).toEqual(
    [],
  );
});
