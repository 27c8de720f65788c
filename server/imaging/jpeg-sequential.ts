import { damaged } from './inspection.js';
import { bitsAhead, type BlockReader, differenceOf, isPossibleMean, symbolOf } from './jpeg-entropy.js';

/** Reads blocks of a baseline or extended sequential frame (ITU-T T.81, F.2.2). See {@link BlockReader}. */
export const readSequentialInterval: BlockReader = (_frame, scan, data, _firstUnit, units) => {
  const order = scan.components.flatMap(({ across, down }, component) =>
    new Array<number>(scan.components.length === 1 ? 1 : across * down).fill(component),
  );
  const means = scan.components.map(() => 0);
  let position = 0;
  for (let unit = 0; unit < units; unit++) {
    for (const component of order) {
      const { dc, ac, dcStep } = scan.tables[component] ?? { dcStep: 1 };
      if (!dc || !ac) throw damaged();
      const found = symbolOf(dc, bitsAhead(data, position));
      const size = found >> 8;
      if (found === 0 || size > 11) throw damaged();
      position += found & 0xff;
      const difference = differenceOf(bitsAhead(data, position) >> (16 - size), size);
      position += size;
      const mean = (means[component] ?? 0) + difference;
      if (!isPossibleMean(mean, dcStep)) throw damaged();
      means[component] = mean;

      let coefficient = 1;
      while (coefficient < 64) {
        const code = symbolOf(ac, bitsAhead(data, position));
        if (code === 0) throw damaged();
        const runAndSize = code >> 8;
        if (runAndSize === 0) {
          position += code & 0xff; // end of block
          break;
        }
        position += (code & 0xff) + (runAndSize & 15);
        coefficient += (runAndSize >> 4) + 1;
      }
      if (coefficient > 64) throw damaged();
    }
    if (position >> 3 > data.length) throw damaged();
  }
  return position;
};
