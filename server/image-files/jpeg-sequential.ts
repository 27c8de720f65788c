import { damaged } from './inspection.js';
import { type BlockReader, differenceOf, SLACK, symbolOf } from './jpeg-entropy.js';
import { bandSteps, STEP_BITS } from './jpeg-steps.js';

/** Reads blocks of a baseline or extended sequential frame (ITU-T T.81, F.2.2). See {@link BlockReader}. */
export const readSequentialInterval: BlockReader = (_frame, scan, data, _firstUnit, units) => {
  const blocks = scan.components.flatMap(({ across, down }, index) => {
    const { dc, ac, dcStep } = scan.tables[index] ?? { dcStep: 1 };
    if (!dc || !ac) throw damaged();
    // The mean of a block, eight times over, is within −1024 and 1016; quantised, within two steps of that.
    const component = { index, dc, ac, steps: bandSteps(ac), mostOfMean: Math.floor(1024 / dcStep) + 2 };
    return new Array<typeof component>(scan.components.length === 1 ? 1 : across * down).fill(component);
  });
  const means = new Int32Array(scan.components.length);
  const bits = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const end = 8 * (data.length - SLACK);
  let position = 0;
  // Positions are cut to 32 bits, in which they fit: so the compiler counts in whole numbers.
  for (let unit = 0; unit < units; unit++) {
    for (const { index, dc, ac, steps, mostOfMean } of blocks) {
      const found = symbolOf(dc, (bits.getUint32(position >> 3) >>> (16 - (position & 7))) & 0xffff);
      const size = found >> 8;
      if (found === 0 || size > 11) throw damaged();
      position = (position + (found & 0xff)) | 0;
      const value = ((bits.getUint32(position >> 3) >>> (16 - (position & 7))) & 0xffff) >> (16 - size);
      position = (position + size) | 0;
      const mean = ((means[index] ?? 0) + differenceOf(value, size)) | 0;
      if (mean > mostOfMean || mean < -mostOfMean) throw damaged();
      means[index] = mean;

      let coefficient = 1;
      while (coefficient < 64) {
        const ahead = bits.getUint32(position >> 3) << (position & 7);
        const step = steps[ahead >>> (32 - STEP_BITS)] ?? 0;
        const next = (coefficient + ((step >> 8) & 0xff)) | 0;
        if (step !== 0 && next < 64) {
          position = (position + (step & 0xff)) | 0;
          coefficient = next;
          if (step >> 16 !== 0) break; // end of block
          continue;
        }
        // A long code, or a block that ends within the step.
        const code = symbolOf(ac, ahead >>> 16);
        if (code === 0) throw damaged();
        const runAndSize = code >> 8;
        if (runAndSize === 0) {
          position = (position + (code & 0xff)) | 0; // end of block
          break;
        }
        position = (position + (code & 0xff) + (runAndSize & 15)) | 0;
        coefficient = (coefficient + (runAndSize >> 4) + 1) | 0;
      }
      if (coefficient > 64 || position > end) throw damaged();
    }
  }
  return position;
};
