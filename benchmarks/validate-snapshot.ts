// How long the checks of a snapshot's images take, and in how much memory, once the images are measured:
//   node scripts/run.mjs benchmarks/validate-snapshot [COUNT…]     (default: 1,000 10,000 100,000)
// The measurements are drawn by lot: two labels, 1 % copies, and an earlier snapshot of the same size.
import type { Colour } from '../server/imaging/measure-image.js';
import { type Random, randomFrom } from '../server/imaging/seeded-random.js';
import type { MeasuredItem } from '../server/features/datasets/validation/measured-items.js';
import { measuredItem } from '../server/features/datasets/validation/testing.js';
import { imageChecks } from '../server/features/datasets/validation/validate-snapshot.js';

const counts = process.argv.slice(2).map(Number);
for (const count of counts.length > 0 ? counts : [1_000, 10_000, 100_000]) {
  const random = randomFrom('validate', count);
  const items: MeasuredItem[] = [];
  for (let index = 0; index < count; index++) items.push(draw(random, index, items.at(-1)));
  const earlier = {
    version: 1,
    items: items.map(({ label, width, height, measurements: { colour } }) => ({
      label,
      width,
      height,
      colour,
    })),
  };

  const begun = performance.now();
  const slowest = imageChecks
    .map((check) => {
      const before = performance.now();
      const findings = check({ items, earlier });
      return {
        check: findings[0]?.check ?? 'a check that found nothing',
        seconds: (performance.now() - before) / 1000,
      };
    })
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, 3);
  const seconds = (performance.now() - begun) / 1000;
  console.log(
    `${count} images: ${seconds.toFixed(2)} s, ${(count / seconds).toFixed(0)} images/s, ` +
      `RSS ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MB; ` +
      slowest.map(({ check, seconds }) => `${check} ${seconds.toFixed(2)} s`).join(', '),
  );
}

/** An image of its own, or in one case of a hundred a copy of the one before. */
function draw(random: Random, index: number, previous: MeasuredItem | undefined): MeasuredItem {
  const label = random.below(2) ? 'blast' : 'lymphocyte';
  const colour = (): Colour => [random.between(180, 220), random.between(150, 190), random.between(170, 200)];
  const hash = Array.from({ length: 63 }, () => random.below(16).toString(16)).join('');
  const isCopy = previous && random.below(100) === 0;
  return measuredItem({
    key: `${label}/${String(index).padStart(6, '0')}.jpg`,
    group: `P${random.below(200)}`,
    byteSize: 4000 + random.below(4000),
    measurements: {
      corners: [colour(), colour(), colour(), colour()],
      border: colour(),
      colour: colour(),
      perceptualHash: isCopy ? previous.measurements.perceptualHash : `0${hash}`,
    },
  });
}
